// npm run demo: a gateway of its own, driven by the official MCP client in both protocol eras.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, startGateway } from "@sark/gateway";
import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { call } from "./calls.ts";
import { connect, type Era, type Person } from "./people.ts";
import { heading, mainMetrics, newestRequest, table, trailOf } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-demo-"));
const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
const file = join(folder, "sark.json");
writeFileSync(
  file,
  JSON.stringify({
    dataDirectory: join(folder, "data"),
    http: { port: 0, drainTimeoutMs: 1_000 },
    policy: { directory: join(import.meta.dirname, "../../policies") },
    authentication: { jwt: { issuer: issuer.issuer, audience: "sark", jwksUrl: issuer.jwksUrl } },
    logging: { file: join(folder, "gateway.log") },
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low", tools: { crash: "critical" } },
    ],
  }),
);
const gateway = await startGateway(loadConfig({ file, environment: {} }));

async function act(person: Person, era: Era): Promise<string[][]> {
  const rows: string[][] = [];
  const note = (what: string, ended: string): void => void rows.push([person, era, what, ended]);
  let client: Awaited<ReturnType<typeof connect>>;
  try {
    client = await connect(`${gateway.url}/mcp/tools`, issuer, person, era);
  } catch (error) {
    note("connect", (error as Error).message.slice(0, 100));
    return rows;
  }
  const listed = await client.listTools().catch(() => ({ tools: [] }));
  note("list tools", `${listed.tools.length} visible`);
  note("echo", await call(client, "echo", { text: "hello" }));
  note("fail (tool error)", await call(client, "fail", {}));
  note("no-such-tool (protocol error)", await call(client, "no-such-tool", {}));
  note("slow", await call(client, "slow", { ms: 150 }));
  const cancelled = new AbortController();
  const pending = call(client, "slow", { ms: 30_000 }, { signal: cancelled.signal });
  setTimeout(() => cancelled.abort(), 200);
  note("slow, cancelled", await pending);
  note("crash (critical: denied)", await call(client, "crash", {}));
  await client.close();
  return rows;
}

try {
  console.log(`A gateway runs at ${gateway.url}; its policies are those in policies/.`);
  heading("Calls");
  const rows: string[][] = [];
  for (const era of ["sessions", "stateless"] as const) {
    for (const person of ["alice", "build-bot", "stray-bot", "mallory"] as const)
      rows.push(...(await act(person, era)));
  }
  table([["who", "era", "what", "how it ended"], ...rows]);

  const adminKey = readFileSync(gateway.adminKeyFile, "utf8").trim();
  await fetch(`${gateway.url}/metrics`, { headers: { authorization: "Bearer not-a-key" } });

  const requestId = await newestRequest(gateway.databaseUrl, "echo");
  heading(`The audit trail of request ${requestId}`);
  table([
    ["seq", "time", "phase", "who", "what", "decision", "outcome", "reason"],
    ...(await trailOf(gateway.databaseUrl, requestId)).map((row) => [
      row.seq,
      row.time.toISOString(),
      row.phase,
      row.who,
      row.what,
      row.decision,
      row.outcome ?? "",
      row.reason,
    ]),
  ]);

  heading("The main metrics");
  const metrics = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  for (const line of mainMetrics(await metrics.text())) console.log(`  ${line}`);
} finally {
  await gateway.close();
  await tools.close();
  await issuer.close();
  rmSync(folder, { recursive: true, force: true });
}
