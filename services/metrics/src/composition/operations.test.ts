import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noteDrive, queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { lockTable } from "../testing/lock-table.ts";
import { startService } from "../testing/service.ts";

const CONNECTIONS = 2;
/** Longer than what a start of the service asks of a busy machine, so that the one statement told of is the one held up. */
const SLOW_MS = 500;
const folder = mkdtempSync(join(tmpdir(), "sark-metrics-logs-"));
let service: Awaited<ReturnType<typeof startService>>;
let acme: Awaited<ReturnType<(typeof service)["tenant"]>>;

beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {}, undefined, {
    database: { maxConnections: CONNECTIONS, timeout: "10m" },
    logging: { slowStatements: `${SLOW_MS}ms`, files: { directory: folder } },
  });
  acme = await service.tenant("acme");
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const send = (method: string, path: string, body?: unknown) =>
  service.send(service.platformKey, method, path, body);

/** Lines so far, of this component. */
const linesOf = (component: string) =>
  service.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["component"] === component);

async function value(name: string, label?: string): Promise<number> {
  const series = await service.server.telemetry.recorder.series();
  return series
    .filter((one) => one.name === name && (label === undefined || Object.values(one.labels).includes(label)))
    .reduce((sum, one) => sum + one.value, 0);
}

const lock = (table: string) => lockTable(service.databaseUrl, table);

it("changes levels while it runs, for one component or all, on record with who and why [LOG-2] [SVC-4]", async () => {
  const refused = () => service.send(acme.viewer, "GET", "/v1/nothing-here");
  const warnings = () => linesOf("http").filter(({ level }) => level === "warn").length;
  await refused();
  expect(warnings()).toBe(1);
  const change = { level: "error", component: "http", for: "1h", reason: "ops-1: floods" };
  expect((await send("PUT", "/admin/v1/log-level", change)).body).toMatchObject({
    level: "info",
    components: expect.arrayContaining([{ component: "http", level: "error" }]) as unknown,
    reverts: [{ component: "http", to: "info" }],
  });
  await refused();
  expect(warnings()).toBe(1);
  await send("PUT", "/admin/v1/log-level", { level: "info", reason: "ops-1: over" });
  await refused();
  expect(warnings()).toBe(2);
  expect((await send("GET", "/admin/v1/log-level")).body).toMatchObject({ level: "info", reverts: [] });
  // Of no component, without a reason, for too long.
  const wrong = [{ ...change, component: "no-such" }, { level: "info" }, { ...change, for: "25h" }];
  const statuses = await Promise.all(wrong.map((body) => send("PUT", "/admin/v1/log-level", body)));
  expect(statuses.map(({ status }) => status)).toEqual([404, 400, 400]);
  expect((await service.send(acme.admin, "PUT", "/admin/v1/log-level", change)).status).toBe(403);
  expect(
    await queryDatabase(
      service.databaseUrl,
      `SELECT decision, tenant_id, coalesce(metadata->'asked'->>'reason', metadata->>'operation') AS why
         FROM gateway_audit_events WHERE event_type IN ('log_control', 'access_denied') ORDER BY seq`,
    ),
  ).toEqual([
    { decision: "allow", tenant_id: null, why: "ops-1: floods" },
    { decision: "allow", tenant_id: null, why: "ops-1: over" },
    { decision: "deny", tenant_id: "acme", why: "PUT /admin/v1/log-level" },
  ]);
});

it("switches all levels by the signal for debugging, and back by the next one [LOG-2] [SVC-4]", async () => {
  const level = async () => ((await send("GET", "/admin/v1/log-level")).body as { level: string }).level;
  service.server.switchLevels();
  expect(await level()).toBe("debug");
  service.server.switchLevels();
  expect(await level()).toBe("info");
});

it("gives a profile of itself, one at a time, on record [LOG-4] [SVC-4]", async () => {
  const leaving = new AbortController();
  const url = `${service.url}/admin/v1/profile`;
  const headers = { "x-api-key": service.platformKey };
  const long = fetch(`${url}?seconds=60`, { headers, signal: leaving.signal }).catch(() => null);
  await vi.waitFor(async () => {
    const busy = await fetch(`${url}?seconds=0.1&kind=heap`, { headers });
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(await busy.json()).toMatchObject({ code: "profile_busy" });
  });
  leaving.abort();
  await long;
  await vi.waitFor(async () => {
    const taken = await fetch(`${url}?seconds=0.1`, { headers });
    expect(taken.status).toBe(200);
    expect(taken.headers.get("content-disposition")).toContain("metrics-service.cpuprofile");
    expect(await taken.json()).toHaveProperty("nodes");
  });
  expect((await fetch(`${url}?seconds=61`, { headers })).status).toBe(400);
  expect(
    await queryDatabase(
      service.databaseUrl,
      "SELECT DISTINCT decision, (metadata->'asked'->>'seconds')::numeric::text AS seconds FROM gateway_audit_events WHERE event_type = 'profile_control' ORDER BY 2",
    ),
  ).toEqual([
    { decision: "allow", seconds: "0.1" },
    { decision: "allow", seconds: "60" },
  ]);
});

it("stays ready while its pool is in full use, and tells of slow statements by their fingerprint [HLT-2] [LOG-4] [SVC-4]", async () => {
  const ready = () => fetch(`${service.url}/readyz`).then(({ status }) => status);
  await vi.waitFor(async () => expect(await ready()).toBe(200));
  const checkedAt = async () => {
    const { body } = await send("GET", "/health/detailed");
    const { components } = body as { components: { name: string; last_success: string; status: string }[] };
    return components.find(({ name }) => name === "database");
  };
  const unlock = await lock("metrics.users");
  const requests = Array.from({ length: CONNECTIONS + 2 }, () =>
    service.send(acme.viewer, "GET", "/v1/users"),
  );
  // Until all connections have waited long for the lock, whatever they had to do before.
  await vi.waitFor(
    async () =>
      expect(
        await queryDatabase(
          service.databaseUrl,
          `SELECT count(*)::int AS held FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM metrics.users%'
              AND clock_timestamp() - query_start > make_interval(secs => ${SLOW_MS / 1000})`,
        ),
      ).toEqual([{ held: CONNECTIONS }]),
    { timeout: 20_000 },
  );
  await vi.waitFor(async () => {
    expect(await value("metrics_database_pool_waiting")).toBeGreaterThan(0);
    expect(await value("metrics_database_pool_exhausted_total", "sark-metrics")).toBeGreaterThan(0);
  });
  const full = Date.now();
  // Looked at again since then, and still well.
  await vi.waitFor(
    async () => {
      const database = await checkedAt();
      expect(Date.parse(database?.last_success ?? "")).toBeGreaterThan(full);
      expect(database?.status).toBe("ok");
    },
    { timeout: 20_000 },
  );
  expect(await ready()).toBe(200);
  expect(await value("metrics_database_pool_waiting")).toBeGreaterThan(0);
  await noteDrive("metrics", service.server.telemetry.recorder);
  await unlock();
  await Promise.all(requests);
  const slow = linesOf("slow-statements").find(({ statement }) =>
    String(statement).includes("FROM metrics.users"),
  );
  expect(slow).toMatchObject({
    level: "warn",
    failed: false,
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
  });
  expect(await value("metrics_database_slow_statements_total", "ok")).toBeGreaterThan(0);
  expect(await value("metrics_dependency_up", "database")).toBe(1);
});

it("writes its lines to files, those of the security log apart [LOG-2] [LOG-4] [SVC-4]", async () => {
  await service.send("wrong", "GET", "/v1/users");
  const text = (log: string) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${log}.`) && name.endsWith(".jsonl"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
  expect(text("application")).toContain("metrics service listening");
  expect(text("security-audit")).toContain("authentication failed");
  expect(text("application")).not.toContain("authentication failed");
  // Each line of standard output is in one of them.
  expect((text("application") + text("security-audit")).split("\n").length - 1).toBe(service.lines.length);
});
