import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startMcpServer } from "@sark/testkit";
import { commandTree, runCaptured, TOOLS } from "@sark/operations/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { QUICK, SECRETS, startReceivers } from "../../support/destinations.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../../support/gateway-under-test.ts";
import { auditRows } from "../../support/observed.ts";
import { connectClient } from "../../support/official-clients.ts";
import { ROOT } from "../../support/programs/programs.ts";
import { send } from "../../support/requests.ts";
import { startHostileFront } from "./hostile-front.ts";
import { invocations, writeFiles, type Invocation } from "./invocations.ts";

const trees = await Promise.all(TOOLS.map(async (tool) => ({ tool, ...(await commandTree(tool)) })));
const COMMANDS = trees.flatMap(({ tool, commands }) =>
  commands.map((command) => ({ ...command, tool, name: command.words.join(" ") })),
);
type TestedCommand = (typeof COMMANDS)[number];
const AWAY = "http://127.0.0.1:9";
/** Our own text is coloured, and nothing else that steers a terminal is written. */
const STEERING = /[^\P{Cc}\n\r\t]/u;

let folder: string;
let gateway: GatewayUnderTest;
let session: string;
let request: string;
let servers: Server[];
let hostile: Server;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-commands-"));
  writeFiles(folder);
  const upstream = await startMcpServer();
  const receivers = await startReceivers();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
    policies: EVERYONE,
    environment: SECRETS,
    config: {
      quotas: { budgets: [{ for: "user", daily: "5" }] },
      rateLimits: { rules: [{ for: "user", requests: 100_000 }] },
      destinations: [{ name: "webhook", sink: receivers.sinks.webhook, ...QUICK }],
    },
  });
  closers.push(
    () => gateway.close(),
    () => receivers.close(),
    () => upstream.close(),
  );
  const client = await connectClient("v2 client with sessions", `${gateway.url}/mcp/tools`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  closers.unshift(() => client.close());
  await client.callTool("echo", { text: "hello" });
  const outcome = await vi.waitFor(async () => {
    const [row] = await auditRows(gateway.databaseUrl, "phase = 'outcome' AND tool_name = 'echo'");
    expect(row).toBeDefined();
    return row as unknown as { gateway_request_id: string; id: string };
  });
  request = outcome.gateway_request_id;
  const receipt = await vi.waitFor(async () => {
    const found = await ask(`/api/v1/audit/receipt/${outcome.id}`);
    expect(found.status).toBe(200);
    return found.text;
  });
  writeFileSync(join(folder, "receipt.tlog-proof"), receipt);
  const listed = (await ask("/admin/v1/sessions")).json as {
    sessions: { fingerprint: string; kind: string }[];
  };
  session = listed.sessions.find(({ kind }) => kind === "session")?.fingerprint ?? "";
  hostile = await startHostileFront(gateway.url);
  servers = await Promise.all([
    serve({ status: "success", data: { resultType: "vector", result: [] } }, 200),
    serve({ message: "not found" }, 404),
  ]);
});
afterAll(async () => {
  for (const close of closers) {
    await close();
  }
  [...servers, hostile].forEach((server) => server.close());
  rmSync(folder, { recursive: true });
});

const ask = (path: string) =>
  send(gateway.url, { method: "GET", path, headers: { "x-api-key": gateway.apiKey } });

function serve(body: object, status: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((_request, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    ).listen(0, "127.0.0.1", () => resolve(server));
  });
}

const urlOf = (server: Server | undefined) =>
  server === undefined ? "" : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const all = () =>
  invocations({
    folder,
    session,
    request,
    vkey: join(gateway.dataDirectory, "audit-log.vkey"),
    receipt: join(folder, "receipt.tlog-proof"),
    prometheus: urlOf(servers[0]),
    grafana: urlOf(servers[1]),
  });
const invocationOf = ({ name }: TestedCommand): Invocation => {
  const found = all()[name];
  if (found === undefined) {
    throw new Error(`${name} has no command line in invocations.ts`);
  }
  return found;
};

const environment = () => ({
  GATEWAY_URL: gateway.url,
  GATEWAY_API_KEY: gateway.apiKey,
  GRAFANA_TOKEN: "token",
  DATABASE_URL: gateway.databaseUrl,
  SARK_DATA_DIRECTORY: folder,
  TERM: "xterm",
});

function run(
  { tool, words }: TestedCommand,
  args: readonly string[],
  outside: {
    readonly tty?: boolean;
    readonly columns?: number;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
) {
  return runCaptured(tool, [...words.slice(1), ...args], {
    env: { ...environment(), ...outside.env },
    tty: outside.tty ?? false,
    ...(outside.columns !== undefined && { columns: outside.columns }),
  });
}

/** In the order of the invocations: some do what others show. */
const inOrder = () => {
  const order = Object.keys(
    invocations({ folder: "", session: "", request: "", vkey: "", receipt: "", prometheus: "", grafana: "" }),
  );
  return COMMANDS.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
};

/** Commands that can be run again and again. */
const READING = inOrder().filter(
  ({ name, definition }) => !definition.destructive && !/ (?:issue|rotate|undrain)$/.test(name),
);
/** What these print is for files and pipes, or lines of a log as they are. */
const DATA: ReadonlySet<string> = new Set([
  "analyze-logs search",
  "analyze-logs tail",
  "analyze-logs user",
  "audit export",
  "gateway-admin audit export",
  "gateway-admin completion",
  "query-metrics report",
]);

describe("each command, from its definition", () => {
  it("has a command line in these tests, and these tests have no other", () => {
    expect(Object.keys(all()).toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
  });

  it("says each exit code once, and has examples of itself [CLI-5]", () => {
    for (const { name, definition } of COMMANDS) {
      expect(definition.docs.examples.join("\n")).toContain(name);
      expect(Object.keys(definition.docs.exitCodes)).toContain("0");
    }
  });

  it.each(COMMANDS.filter(({ definition }) => definition.destructive).map((one) => [one.name, one] as const))(
    "%s does nothing without --yes where no terminal is there to ask [CLI-5]",
    async (_name, command) => {
      const args = invocationOf(command).args.filter((arg) => arg !== "--yes");
      const said = await run(command, args);
      expect(said).toMatchObject({ code: 2, out: "" });
      expect(said.err).toContain("Say --yes");
    },
  );

  it.each(COMMANDS.map((one) => [one.name, one] as const))(
    "%s refuses what it does not know, and says nothing on standard output [CLI-5]",
    async (_name, command) => {
      const said = await run(command, ["--no-such-option"]);
      expect(said).toMatchObject({ code: command.tool.failures.usage, out: "" });
      expect(said.err).not.toMatch(/\n\s+at /);
    },
  );

  it.each(COMMANDS.map((one) => [one.name, one] as const))(
    "%s says nothing on standard output where the gateway is away [CLI-5]",
    async (_name, command) => {
      const { args, offline } = invocationOf(command);
      if (offline === true || command.name === "health-check" || command.tool.name === "audit") {
        // An absent gateway is a result of health-check, and nothing to the others.
        return;
      }
      const away = args.map((arg) => (arg.startsWith("http://") ? AWAY : arg));
      const said = await run(command, away, { env: { GATEWAY_URL: AWAY } });
      expect(said).toMatchObject({ code: 3, out: "" });
      expect(said.err).toMatch(/responds at http:\/\/127\.0\.0\.1:9/);
    },
  );

  it.each(inOrder().map((one) => [one.name, one] as const))(
    "%s works: as JSON by its schema, and for people without a colour against NO_COLOR [CLI-5]",
    async (_name, command) => {
      const { args, code = 0 } = invocationOf(command);
      const { output, docs, destructive } = command.definition;
      if (output !== null) {
        const said = await run(command, [...args, ...(output.asked ?? ["--json"])]);
        expect(said).toMatchObject({ code });
        const schema = await output.schema();
        const lines = said.out.split("\n").filter((line) => line !== "");
        expect(output.shape === "lines" || lines.length === 1).toBe(true);
        for (const line of lines) {
          expect(schema.safeParse(JSON.parse(line)).error).toBeUndefined();
        }
        expect(said.out).not.toMatch(STEERING);
      }
      if (output === null || !destructive) {
        const said = await run(command, args, { tty: true, env: { NO_COLOR: "1" } });
        expect(said).toMatchObject({ code });
        expect(said.out).not.toMatch(STEERING);
        expect(Object.keys(docs.exitCodes)).toContain(String(said.code));
      }
    },
  );

  it.each(READING.map((one) => [one.name, one] as const))(
    "%s fits a terminal of 40 columns [CLI-5]",
    async (name, command) => {
      const said = await run(command, invocationOf(command).args, { tty: true, columns: 40 });
      const wide = said.out
        .replace(/\p{Cc}\[\d+m/gu, "")
        .split("\n")
        // Of rows: what stands in columns has two spaces between them. Sentences the terminal wraps.
        .filter((line) => line.length > 40 && line.trim().includes("  "));
      expect(DATA.has(name) ? [] : wide).toEqual([]);
    },
  );

  it.each(READING.map((one) => [one.name, one] as const))(
    "%s shows nothing that steers the terminal, whatever the gateway says [CLI-5]",
    async (_name, command) => {
      const { args } = invocationOf(command);
      const { output } = command.definition;
      const asked = output === null ? [] : [...(output.asked ?? ["--json"])];
      const env = { GATEWAY_URL: urlOf(hostile) };
      for (const said of [
        await run(command, args, { tty: true, env }),
        await run(command, [...args, ...asked], { env }),
      ]) {
        expect(said.out.replace(/\p{Cc}\[\d+m/gu, "")).not.toMatch(STEERING);
        // The line that tells how far something has come is erased in its place.
        expect(said.err.replace(/\p{Cc}\[\d+m|\r\p{Cc}\[2K/gu, "")).not.toMatch(STEERING);
        expect(said.out).not.toMatch(/[\u202e\u2028]/);
      }
    },
  );

  // The session has been ended by now.
  it.each(
    READING.filter(({ name }) => name !== "gateway-admin sessions show").map(
      (one) => [one.name, one] as const,
    ),
  )("%s ends well where its reader has seen enough [CLI-5]", async (_name, command) => {
    const { args, code = 0 } = invocationOf(command);
    const { output } = command.definition;
    const lines = [args, ...(output === null ? [] : [[...args, ...(output.asked ?? ["--json"])]])];
    // One after another: a gateway replays for one operator at a time.
    for (const line of lines) {
      const program = join(ROOT, `tools/operations/bin/${command.tool.name}.cjs`);
      const child = spawn(process.execPath, [program, ...command.words.slice(1), ...line], {
        env: { ...process.env, ...environment() },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout.destroy();
      const [err, [ended]] = await Promise.all([text(child.stderr), once(child, "close")]);
      expect({ err, ended: ended === 0 || ended === code }).toEqual({ err, ended: true });
      expect(err).not.toMatch(/EPIPE|\n\s+at /);
    }
  });
});
