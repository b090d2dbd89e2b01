// npm run demo: a gateway of its own, driven by the official MCP client in both protocol eras.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, startGateway } from "@sark/gateway";
import { startMcpServer, startSplunkHec, startTokenIssuer } from "@sark/testkit";
import { call } from "./calls.ts";
import { deliveryReport } from "./delivery.ts";
import { connect, type Era, type Person } from "./people.ts";
import { proveTheLog } from "./proof.ts";
import { heading, mainMetrics, newestRequest, table, trailOf } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-demo-"));
const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
const splunk = await startSplunkHec({ token: "demo" });
const file = join(folder, "sark.json");
writeFileSync(
  file,
  JSON.stringify({
    dataDirectory: join(folder, "data"),
    http: { port: 0, drainTimeout: "1s" },
    // What is shown does not depend on how busy the machine is.
    policy: { directory: join(import.meta.dirname, "../../policies"), timeout: "1m" },
    database: { timeout: "1m" },
    authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
    logging: { stdout: false, files: { directory: join(folder, "logs") } },
    destinations: [
      {
        name: "splunk",
        sink: { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" },
        maxBatchWait: "200ms",
        retryMaxDelay: "500ms",
        breakerOpenDuration: "500ms",
      },
    ],
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low", tools: { crash: "critical" } },
    ],
  }),
);
const gateway = await startGateway(loadConfig({ file, environment: {} }), {
  environment: { SPLUNK_TOKEN: "demo" },
});

type Act = readonly [what: string, tool: string, args: Record<string, unknown>];

const EVERYTHING: readonly Act[] = [
  ["call echo", "echo", { text: "hello" }],
  ["call fail: a tool error", "fail", {}],
  ["call no-such-tool: a protocol error", "no-such-tool", {}],
  ["call slow", "slow", { ms: 150 }],
  ["call slow, and cancel it", "slow", { ms: 30_000 }],
  ["call crash: critical, so denied", "crash", {}],
];

/** Connects one person, lists what they see, and calls. A call that is to take long is cancelled. */
async function act(person: Person, era: Era, acts: readonly Act[]): Promise<string[][]> {
  const client = await connect(`${gateway.url}/mcp/tools`, issuer, person, era);
  const { tools: visible } = await client.listTools();
  const rows = [[person, era, "list tools", `${visible.length} visible`]];
  for (const [what, tool, args] of acts) {
    const controller = new AbortController();
    if (what.includes("cancel")) {
      setTimeout(() => controller.abort(), 200);
    }
    rows.push([person, era, what, await call(client, tool, args, { signal: controller.signal })]);
  }
  await client.close();
  return rows;
}

try {
  console.log(`A gateway runs at ${gateway.url}; its policies are those in policies/.`);
  heading("Calls");
  const rows: string[][] = [];
  for (const era of ["sessions", "stateless"] as const) {
    rows.push(...(await act("alice", era, EVERYTHING)));
    for (const person of ["build-bot", "stray-bot", "mallory"] as const) {
      rows.push(...(await act(person, era, EVERYTHING.slice(0, 1))));
    }
  }
  const unknown = await fetch(`${gateway.url}/mcp/tools`, {
    method: "POST",
    headers: { authorization: "Bearer not-a-key" },
  });
  rows.push(["no caller", "none", "connect, with a key that is none", `HTTP ${unknown.status}`]);
  table([["who", "era", "what", "how it ended"], ...rows]);

  const adminKey = readFileSync(gateway.adminKeyFile, "utf8").trim();

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

  heading("Delivery to a Splunk collector that is away for a while");
  table(
    await deliveryReport({
      gateway,
      adminKey,
      splunk,
      more: () => act("alice", "stateless", EVERYTHING.slice(0, 2)),
    }),
  );

  heading("Proof");
  table(await proveTheLog(gateway.databaseUrl, join(folder, "data", "audit-log.vkey")));

  heading("The main metrics");
  const metrics = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  table([["what", "of what", "count"], ...mainMetrics(await metrics.text())]);
} finally {
  await gateway.close();
  await splunk.close();
  await tools.close();
  await issuer.close();
  rmSync(folder, { recursive: true, force: true });
}
