import { execFileSync } from "node:child_process";
import { existsSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { createTestDatabase, requireServer, startOpa } from "@sark/testkit";
import {
  alive,
  askEmbedded,
  spawnGateway,
  untilReady,
  type GatewayProcess,
} from "../support/gateway-process.ts";
import { auditRows } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send, toolCall } from "../support/requests.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-start-"));
// The embedded database runs under an account of its own.
chmodSync(folder, 0o711);
const running: GatewayProcess[] = [];
afterEach(async () => {
  for (const gateway of running.splice(0)) {
    await endedInOrder(gateway);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One that runs the bundle, which acts as the sources do in half of the time (`programs.test.ts`). */
function spawnWith(environment: Record<string, string>): GatewayProcess {
  const gateway = spawnGateway({ environment });
  running.push(gateway);
  return gateway;
}

/** Ends it, with all that it started. */
async function endedInOrder(gateway: GatewayProcess): Promise<void> {
  const family = gateway.family();
  gateway.kill("SIGTERM");
  await gateway.exited;
  expect(alive(family)).toEqual([]);
}

/** Runs it to its end; nothing of it may be left. */
async function ended(gateway: GatewayProcess): Promise<number | string> {
  const how = await gateway.exited;
  running.splice(running.indexOf(gateway), 1);
  return how;
}

async function echo(gateway: GatewayProcess, key: string): Promise<string> {
  const client = await connectClient("v2 client with sessions", `${gateway.url()}/mcp/everything-http`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const response = await client.callTool("echo", { message: "hello" });
  await client.close();
  return JSON.stringify(response["content"]);
}

/** Whether it runs, and is one of a database's. */
function isPostgres(pid: number): boolean {
  return alive([pid]).length > 0 && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "postgres";
}

const keyFileOf = (gateway: GatewayProcess) => /Admin key +(\S+)/.exec(gateway.stderr())?.[1] ?? "";
const keyOf = (gateway: GatewayProcess) => readFileSync(keyFileOf(gateway), "utf8").trim();

const environment = { SARK_DATA_DIRECTORY: join(folder, "data") };

async function firstEvent(): Promise<unknown> {
  const sql = "SELECT id FROM gateway_audit_events ORDER BY seq LIMIT 1";
  const [row] = await askEmbedded(environment.SARK_DATA_DIRECTORY, sql);
  return row?.["id"];
}

/** What the first one left for the next. */
let left: { readonly key: string; readonly event: unknown };

describe("npm start", () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    // Npm itself then writes nothing to standard output, where all lines are for machines.
    gateway = spawnGateway({ environment: { ...environment, npm_config_loglevel: "silent" }, npm: true });
    await untilReady(gateway);
  });
  afterAll(() => gateway.kill("SIGTERM"));

  it("prints what works as printed", async () => {
    expect(gateway.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(statSync(keyFileOf(gateway)).mode & 0o777).toBe(0o600);
    expect(gateway.stderr()).not.toContain(keyOf(gateway));

    const json = /^ {2}\{[\s\S]*?^ {2}\}/m.exec(gateway.stderr())?.[0] ?? "";
    const { mcpServers } = JSON.parse(json) as {
      mcpServers: Record<string, { url: string; headers: Record<string, string> }>;
    };
    expect(Object.keys(mcpServers)).toEqual(["everything", "everything-http"]);
    const key = keyOf(gateway);
    for (const { url, headers } of Object.values(mcpServers)) {
      const authorization = headers["Authorization"]?.replace("<contents of the key file>", key) ?? "";
      for (const kind of CLIENTS.slice(0, 2)) {
        const client = await connectClient(kind, url, { headers: { authorization } });
        const response = await client.callTool("echo", { message: "hello" });
        expect(response["content"]).toEqual([{ type: "text", text: "Echo: hello" }]);
        await client.close();
      }
    }
    // Lines on standard output are for machines.
    const lines = gateway
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.some(({ message }) => message === "audit event recorded")).toBe(true);
    expect(lines.filter(({ level }) => level !== "info")).toEqual([]);
    expect(gateway.stdout()).not.toContain(key);
  });

  it.skipIf(requireServer("curl") === null)("prints curl lines that work", async () => {
    const text = gateway.stderr();
    const script = text.slice(text.indexOf("  KEY="), text.indexOf("Proof that"));
    const output = execFileSync("sh", ["-euc", script], { encoding: "utf8" });
    expect(output).toContain('"tool_name":"echo"');
    expect(output).toContain("Echo: hello");
    expect(output).toContain('"event_type":"tool_invoke"');
    expect(output).toContain("sark_gateway_calls_total{");
    // A shell such as zsh looks for files by what stands unquoted.
    expect(script.replaceAll(/'[^']*'|"[^"]*"/g, "")).not.toMatch(/[?*[\]]/);
  });

  it("prints how the log is verified, also in the embedded database", () => {
    const line = /^ {2}(.*npm run audit -- verify .*)$/m.exec(gateway.stderr())?.[1] ?? "";
    const output = execFileSync("sh", ["-euc", line], {
      encoding: "utf8",
      cwd: join(import.meta.dirname, "../.."),
    });
    expect(output).toContain("OK: the log is as it was signed.");
  });

  it("does not touch the database of another gateway in the same folder", async () => {
    const second = spawnWith(environment);
    expect(await ended(second)).toBe(1);
    expect(second.stderr()).toMatch(
      /^The gateway could not start: Another process uses .*SARK_DATA_DIRECTORY.*\n$/,
    );
    expect(await echo(gateway, keyOf(gateway))).toContain("hello");
  });

  it("ends with all of it when npm alone is told to end", async () => {
    left = { key: keyOf(gateway), event: await firstEvent() };
    expect(left.event).toBeDefined();
    const family = gateway.family();
    // Npm, itself, the database's processes, and the example server.
    expect(family.length).toBeGreaterThan(4);
    gateway.kill("SIGTERM");
    await gateway.exited;
    await vi.waitFor(() => expect(alive(family)).toEqual([]));
  });
});

describe("the lives of a gateway", () => {
  it("find data and key again, take over what a killed one left, and leave no process behind on Ctrl-C", async () => {
    const second = spawnWith(environment);
    await untilReady(second);
    expect(keyOf(second)).toBe(left.key);
    expect(await firstEvent()).toBe(left.event);
    expect(await echo(second, left.key)).toContain("hello");
    const orphans = second.family();
    second.kill("SIGKILL");
    expect(await ended(second)).toBe("SIGKILL");

    const third = spawnWith(environment);
    await untilReady(third);
    expect(await echo(third, left.key)).toContain("hello");
    expect(await firstEvent()).toBe(left.event);
    const database = orphans.filter(isPostgres);
    const family = third.family();
    expect(database).not.toEqual([]);
    // Itself and the example server; the database is that of the killed one.
    expect(family.length).toBeGreaterThan(1);
    third.kill("SIGINT");
    expect(await ended(third)).toBe(0);
    expect(alive([...database, ...family])).toEqual([]);
    expect(third.stderr()).not.toMatch(/^ +at /m);
    // The killed one could not wait for its servers, which end when their input does.
    await vi.waitFor(() => expect(alive(orphans)).toEqual([]));
  });

  it("end cleanly on a signal that comes while it starts", async () => {
    const gateway = spawnWith(environment);
    await vi.waitFor(() => expect(gateway.family().length).toBeGreaterThan(1));
    const family = gateway.family();
    gateway.kill("SIGINT");
    expect(await ended(gateway)).toBe(0);
    expect(alive(family)).toEqual([]);
  });
});

describe("a start that cannot succeed says why in a line, without a stack trace", () => {
  it("the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const file = join(folder, "no-servers.json");
    writeFileSync(file, '{"upstreams":[]}');
    const gateway = spawnWith({ ...environment, SARK_CONFIG: file, SARK_HTTP_PORT: String(port) });
    expect(await ended(gateway)).toBe(1);
    expect(gateway.stderr()).toMatch(/^[^\n]*EADDRINUSE[^\n]*SARK_HTTP_PORT[^\n]*\n$/);
    expect(existsSync(join(environment.SARK_DATA_DIRECTORY, "postgres/postmaster.pid"))).toBe(false);
    other.close();
  });

  const file = join(folder, "bad.json");
  it.each([
    ["a port that is no number", { SARK_HTTP_PORT: "many" }, 2, /http\.port/],
    ["a misspelt variable", { SARK_HTTP_PROT: "8000" }, 2, /SARK_HTTP_PROT/],
    ["a file that is missing", { SARK_CONFIG: join(folder, "nowhere.json") }, 2, /nowhere\.json/],
    ["an unknown setting", { SARK_CONFIG: file }, 2, /htttp/],
    [
      "a database that is not there",
      { DATABASE_URL: "postgres://unknown:hunter2@127.0.0.1:1/none" },
      1,
      /could not start: .*127\.0\.0\.1:1/,
    ],
  ])("%s", async (_what, settings, code, message) => {
    writeFileSync(file, '{"htttp":{}}');
    const gateway = spawnWith({ SARK_DATA_DIRECTORY: join(folder, "bad"), ...settings });
    expect(await ended(gateway)).toBe(code);
    expect(gateway.stderr()).toMatch(message);
    expect(gateway.stderr().trim().split("\n").length).toBeLessThanOrEqual(2);
    expect(gateway.stderr()).not.toContain("hunter2");
    expect(gateway.stderr()).not.toMatch(/^ +at /m);
  });
});

describe("npm start with what runs already", () => {
  const directory = join(folder, "with-servers");
  const withOpa = requireServer("opa") !== null;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let opa: Awaited<ReturnType<typeof startOpa>> | null;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    database = await createTestDatabase(inject("postgresUrl"));
    opa = withOpa ? await startOpa({ policies: join(import.meta.dirname, "../../policies/opa") }) : null;
    gateway = spawnGateway({
      environment: {
        SARK_DATA_DIRECTORY: directory,
        DATABASE_URL: database.url,
        ...(opa && { OPA_URL: opa.url, SARK_POLICY_CACHE_TTL: "0s" }),
      },
    });
    await untilReady(gateway);
  });
  afterAll(async () => {
    await endedInOrder(gateway);
    expect(await gateway.exited).toBe(0);
    await opa?.close();
    await database.drop();
  });

  it("DATABASE_URL: keeps the log there and starts no database", async () => {
    expect(await echo(gateway, keyOf(gateway))).toContain("hello");
    expect(existsSync(join(directory, "postgres"))).toBe(false);
    expect(await auditRows(database.url, "phase = 'intent'")).not.toEqual([]);
    expect(gateway.stderr()).not.toContain(database.url);
  });

  it.skipIf(!withOpa)("OPA_URL: asks that server, and denies without it", async () => {
    const key = keyOf(gateway);
    expect(await echo(gateway, key)).toContain("hello");
    const [intent] = await auditRows(database.url, "tool_name = 'echo' AND phase = 'intent'");
    expect(intent?.policy).toMatchObject({ engine: "opa" });
    await opa?.close();
    expect(
      await send(gateway.url(), toolCall("everything-http", "echo", { message: "no" }, { "x-api-key": key })),
    ).toMatchObject({ json: { error: { code: -32012, data: { reason_code: "policy_unavailable" } } } });
  });

  it("a policy folder that is not there: starts, and says that every call is denied", async () => {
    const file = join(folder, "no-policies.json");
    writeFileSync(file, '{"upstreams":[]}');
    const denying = spawnWith({
      SARK_DATA_DIRECTORY: join(folder, "without-policies"),
      SARK_CONFIG: file,
      DATABASE_URL: database.url,
      SARK_POLICY_DIRECTORY: join(folder, "no-such-policies"),
    });
    await untilReady(denying);
    expect(denying.stderr()).toMatch(/Policies .*no-such-policies {3}EVERY CALL IS DENIED: .*ENOENT/);
    denying.kill("SIGTERM");
    expect(await ended(denying)).toBe(0);
  });
});
