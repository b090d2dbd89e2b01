import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase, queryDatabase, startSplunkHec, type SplunkHec } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { ROOT } from "../support/programs/programs.ts";

const PROGRAM = join(ROOT, "services/metrics/src/main.ts");
const WAIT = { timeout: 120_000, interval: 50 };
const folder = mkdtempSync(join(tmpdir(), "sark-metrics-events-"));
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let splunk: SplunkHec;
let service: ChildProcess;
let url = "";
let lines = "";

beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  splunk = await startSplunkHec({ token: "hec-token" });
  const sink = { type: "splunk_hec", url: splunk.url, token: "${SPLUNK_TOKEN}" };
  writeFileSync(
    join(folder, "metrics.json"),
    JSON.stringify({
      dataDirectory: join(folder, "data"),
      database: { url: database.url },
      http: { port: 0 },
      logging: { format: "json" },
      destinations: [{ name: "splunk", sink, breakerOpenDuration: "1s" }],
    }),
  );
});
afterAll(async () => {
  service.kill("SIGKILL");
  await splunk.close();
  await vi.waitFor(() => database.drop(), WAIT);
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const { PATH = "", HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  service = spawn(process.execPath, [PROGRAM, "--config", join(folder, "metrics.json")], {
    env: { PATH, HOME, NODE_COMPILE_CACHE, SPLUNK_TOKEN: "hec-token" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let welcome = "";
  service.stdout?.setEncoding("utf8").on("data", (text: string) => (lines += text));
  service.stderr?.setEncoding("utf8").on("data", (text: string) => (welcome += text));
  await vi.waitFor(() => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(welcome);
    expect([welcome, found]).not.toEqual([welcome, null]);
    url = found?.[0] ?? "";
  }, WAIT);
}

async function crash(): Promise<void> {
  const ended = once(service, "exit");
  service.kill("SIGKILL");
  await ended;
}

const platformKey = () => readFileSync(join(folder, "data", "platform.key"), "utf8").trim();

async function send(by: string, method: string, path: string, body?: object) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "x-api-key": by, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const stored = () =>
  queryDatabase<{ id: string; event_type: string; tenant_id: string | null; seq: string }>(
    database.url,
    "SELECT id, event_type, tenant_id, seq::text FROM gateway_audit_events ORDER BY gateway_audit_events.seq",
  );
const delivered = () => splunk.indexed().map(({ fields }) => String(fields["audit_id"]));

async function makeKey(tenant: string, name: string): Promise<string> {
  const wanted = { name, principal: `${tenant}-${name}`, roles: ["admin"] };
  const { status, body } = await send(platformKey(), "POST", `/v1/platform/tenants/${tenant}/keys`, wanted);
  expect(status).toBe(201);
  return String(body["key"]);
}

/** What an intruder tries, and what an administrator does meanwhile. */
async function incident(round: number): Promise<void> {
  const key = await makeKey("acme", `key-${round}`);
  expect((await send(`wrong-${round}`, "GET", "/v1/users")).status).toBe(401);
  // Into another tenant's keys, by a path that is the platform's alone.
  const theirs = { name: "mine", principal: "mallory", roles: ["admin"] };
  expect((await send(key, "POST", "/v1/platform/tenants/globex/keys", theirs)).status).toBe(403);
  // Refusals are recorded beside their responses: each is there before the next step.
  await vi.waitFor(async () => {
    const types = (await stored()).map(({ event_type: type }) => type);
    expect(types.filter((type) => type === "authentication_failed")).toHaveLength(round);
    expect(types.filter((type) => type === "access_denied")).toHaveLength(round);
  }, WAIT);
}

it("failed logins, cross-tenant attempts and changes of keys reach the SIEM over its outage and kills, none lost, and the log is proven after them [SVC-4] [SIEM-5] [AUD-7]", async () => {
  splunk.faults.add({ kind: "code", code: 9, times: "always" });
  await start();
  for (const id of ["acme", "globex"]) {
    const made = await send(platformKey(), "POST", "/v1/platform/tenants", { id, name: id });
    expect(made.status).toBe(201);
  }
  await incident(1);
  await crash();
  await start();
  await incident(2);
  expect(delivered()).toEqual([]);
  await crash();
  splunk.faults.clear();
  await start();
  await incident(3);
  const events = await stored();
  expect(new Set(events.map(({ event_type: type }) => type))).toEqual(
    new Set(["tenant_change", "api_key_change", "authentication_failed", "access_denied"]),
  );
  await vi.waitFor(() => {
    const ids = new Set(delivered());
    expect(events.filter(({ id }) => !ids.has(id))).toEqual([]);
  }, WAIT);
  // In their order, whatever was sent twice.
  expect([...new Set(delivered())]).toEqual(events.map(({ id }) => id));
  expect(splunk.indexed().map(({ sourcetype }) => sourcetype)).not.toContain(null);
  // Keys and credentials are in none of them.
  expect(JSON.stringify(splunk.indexed())).not.toMatch(/wrong-\d|"key":"/);

  // Killed once more, before anything is put in order.
  await crash();
  const verify = ["verify", "--database-url", database.url];
  const key = ["--key", join(folder, "data", "audit-log.vkey")];
  await start();
  await vi.waitFor(async () => {
    const { code, report } = await auditCommand([...verify, ...key]);
    expect([code, report]).toEqual([0, expect.objectContaining({ ok: true })]);
  }, WAIT);
  await queryDatabase(
    database.url,
    "ALTER TABLE gateway_audit_events DISABLE TRIGGER USER; UPDATE gateway_audit_events SET reason = 'nothing happened' WHERE event_type = 'access_denied'",
  );
  expect((await auditCommand([...verify, ...key])).code).not.toBe(0);
});

it("the signal for debugging changes the levels of the process, and is on the security log [LOG-2] [SVC-4]", async () => {
  service.kill("SIGUSR2");
  await vi.waitFor(() => {
    const switched = lines
      .split("\n")
      .filter((line) => line.includes('"log":"security-audit"') && /debug/.test(line));
    expect(switched).not.toEqual([]);
  }, WAIT);
  expect((await send(platformKey(), "GET", "/admin/v1/log-level")).body).toMatchObject({ level: "debug" });
});
