import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createTestDatabase, noteDrive, queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { generateApiKey } from "@sark/authentication";
import { TABLE } from "../api/table.ts";
import { loadConfig } from "../config/load.ts";
import { rolesOf, type Role } from "../domain/roles.ts";
import { startMetrics, type MetricsServer } from "./start-metrics.ts";

const PLATFORM_KEY = generateApiKey();
const folder = mkdtempSync(join(tmpdir(), "sark-metrics-"));
const lines: string[] = [];
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let server: MetricsServer;
/** Keys by tenant and role. */
const keys = new Map<string, string>([["platform", PLATFORM_KEY]]);

beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
  const environment = {
    DATABASE_URL: database.url,
    METRICS_DATA_DIRECTORY: folder,
    METRICS_HTTP_PORT: "0",
    METRICS_PLATFORM_KEY: PLATFORM_KEY,
    METRICS_HTTP_MAX_BODY_SIZE: "1MiB",
    METRICS_KPIS_REFRESH_INTERVAL: "1s",
    METRICS_ROLLUPS_INTERVAL: "100ms",
  };
  server = await startMetrics(loadConfig({ environment }), {
    environment,
    logDestination: { write: (line: string) => void lines.push(line) },
  });
  for (const tenant of ["acme", "globex"]) {
    await send("platform", "POST", "/v1/platform/tenants", { id: tenant, name: tenant });
    keys.set(`${tenant} admin`, await firstKey(tenant));
    for (const role of ["sender", "viewer"]) {
      const { body } = await send(`${tenant} admin`, "POST", "/v1/api-keys", {
        name: role,
        principal: `${tenant}-${role}`,
        roles: [role],
      });
      keys.set(`${tenant} ${role}`, (body as { key: string }).key);
    }
  }
});
afterAll(async () => {
  await noteDrive("metrics", server.telemetry.recorder);
  await server?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the platform gives a tenant its first key: in the database, by the same function. */
async function firstKey(tenant: string): Promise<string> {
  const { body, status } = await send("platform", "POST", `/v1/platform/tenants/${tenant}/keys`, {
    name: "first",
    principal: `${tenant}-admin`,
    roles: ["admin"],
  });
  expect(status).toBe(201);
  return (body as { key: string }).key;
}

async function send(who: string | null, method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(who === null ? {} : { "x-api-key": keys.get(who) ?? who }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as object) : text,
  };
}

async function sendLines(who: string, text: string, packed = false) {
  const response = await fetch(`${server.url}/v1/batches`, {
    method: "POST",
    headers: {
      "x-api-key": keys.get(who) ?? "",
      "content-type": "application/x-ndjson",
      ...(packed ? { "content-encoding": "gzip" } : {}),
    },
    body: packed ? gzipSync(text) : text,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const line = (event: object) => `${JSON.stringify(event)}\n`;
const activity = (id: string) => ({ kind: "activity", id, user_id: "alice", type: "login" });

function expected(access: unknown, who: string | null, roles: readonly Role[]): 401 | 403 | "admitted" {
  if (access === "public") {
    return "admitted";
  }
  if (who === null) {
    return 401;
  }
  return access === "every caller" || (access as readonly Role[]).some((role) => roles.includes(role))
    ? "admitted"
    : 403;
}

describe("each endpoint of the table", () => {
  const callers: readonly [who: string | null, roles: readonly Role[]][] = [
    [null, []],
    ["platform", rolesOf({ roles: ["platform", "metrics"], tenant: null })],
    ["acme admin", ["admin"]],
    ["acme sender", ["sender"]],
    ["acme viewer", ["viewer"]],
  ];
  const endpoints = Object.values(TABLE).flatMap(({ endpoints }) => Object.values(endpoints));

  it.each(callers)("admits %s by its roles alone [SVC-1]", async (who, roles) => {
    for (const { method, path, roles: access } of endpoints) {
      const filled = path
        .replace("{id}", "018f3c7e-0000-7000-8000-000000000000")
        .replace(/\/profile$/, "$&?seconds=0.1");
      const { status } = await send(
        who,
        method,
        filled,
        method === "GET" || method === "DELETE" ? undefined : {},
      );
      const got = status === 401 || status === 403 ? status : "admitted";
      expect([method, path, got]).toEqual([method, path, expected(access, who, roles)]);
    }
  });
});

describe("ingest over HTTP [SVC-1]", () => {
  it("takes a batch in part, packed or not, and says what is wrong with which event", async () => {
    const text =
      line(activity("h-1")) +
      "{broken\n" +
      line({ ...activity("h-2"), type: "No Good" }) +
      line(activity("h-1"));
    expect(await sendLines("acme sender", text, true)).toMatchObject({
      status: 200,
      body: {
        accepted: 1,
        duplicates: 1,
        refused: [
          { index: 1, code: "invalid" },
          { index: 2, code: "invalid", field: "type" },
        ],
      },
    });
    expect(await sendLines("acme sender", text)).toMatchObject({ body: { accepted: 0, duplicates: 2 } });
    // The same id in another tenant is another event.
    expect(await sendLines("globex sender", line(activity("h-1")))).toMatchObject({ body: { accepted: 1 } });
  });

  it("takes each score that there is in the range, so that none spoils its batch", async () => {
    const scores = [0, Number.MIN_VALUE, 1e-60, 1e-45, 1e-7, 99.999999999, 100].map((score, at) =>
      line({ kind: "score", id: `tiny-${at}`, user_id: "alice", score }),
    );
    expect(await sendLines("acme sender", scores.join(""))).toMatchObject({
      status: 200,
      body: { accepted: 7, duplicates: 0, refused: [] },
    });
  });

  it("unpacks nothing beyond the largest body", async () => {
    const bomb = line({ ...activity("bomb"), attributes: { a: "x".repeat(3_000_000) } });
    expect(gzipSync(bomb).length).toBeLessThan(10_000);
    expect(await sendLines("acme sender", bomb, true)).toMatchObject({
      status: 413,
      body: { code: "payload_too_large", type: "urn:sark:metrics:error:payload_too_large" },
    });
  });

  it("gives the same response to the same key, and refuses the key with another body", async () => {
    const post = (body: string) =>
      fetch(`${server.url}/v1/batches`, {
        method: "POST",
        headers: {
          "x-api-key": keys.get("acme sender") ?? "",
          "content-type": "application/json",
          "idempotency-key": "batch-1",
        },
        body,
      });
    const body = JSON.stringify({ items: [activity("k-1"), { kind: "activity", id: "k-2" }] });
    const first = await (await post(body)).text();
    expect(JSON.parse(first)).toMatchObject({ accepted: 1, duplicates: 0, refused: [{ index: 1 }] });
    // To the byte: proxies and senders compare digests.
    expect(await (await post(body)).text()).toBe(first);
    expect((await post(JSON.stringify({ items: [activity("k-2")] }))).status).toBe(409);
  });
});

it("keeps tenants apart: users and keys of one are not there for another [SVC-1]", async () => {
  await send("acme admin", "PUT", "/v1/users/secret-user", { name: "Secret" });
  expect((await send("globex admin", "GET", "/v1/users/secret-user")).status).toBe(404);
  expect(JSON.stringify((await send("globex viewer", "GET", "/v1/users")).body)).not.toContain("secret-user");
  const { body } = await send("acme admin", "GET", "/v1/api-keys");
  for (const { id } of (body as { api_keys: { id: string }[] }).api_keys) {
    expect((await send("globex admin", "DELETE", `/v1/api-keys/${id}`)).status).toBe(404);
    expect((await send("globex admin", "POST", `/v1/api-keys/${id}/rotate`, {})).status).toBe(404);
  }
});

it("rotates and withdraws keys, on record in the provable log [SVC-4]", async () => {
  const made = await send("acme admin", "POST", "/v1/api-keys", {
    name: "t",
    principal: "t",
    roles: ["viewer"],
  });
  const { key, api_key: record } = made.body as { key: string; api_key: { id: string } };
  expect((await send(key, "GET", "/v1/tenant")).status).toBe(200);
  const rotated = await send("acme admin", "POST", `/v1/api-keys/${record.id}/rotate`, {
    overlap_seconds: 0,
  });
  expect((await send(key, "GET", "/v1/tenant")).status).toBe(401);
  const { key: next } = rotated.body as { key: string };
  expect((await send(next, "GET", "/v1/tenant")).status).toBe(200);
  expect((await send("acme admin", "DELETE", `/v1/api-keys/${record.id}`)).status).toBe(204);
  expect((await send(next, "GET", "/v1/tenant")).status).toBe(401);
  const events = await queryDatabase<{ event_type: string; operation: string | null }>(
    database.url,
    "SELECT event_type, metadata->>'operation' AS operation FROM gateway_audit_events ORDER BY seq",
  );
  expect(events).toEqual(
    expect.arrayContaining([
      { event_type: "api_key_change", operation: "issue" },
      { event_type: "api_key_change", operation: "rotate" },
      { event_type: "api_key_change", operation: "revoke" },
      { event_type: "tenant_change", operation: "create" },
      { event_type: "authentication_failed", operation: null },
      { event_type: "access_denied", operation: "GET /metrics" },
    ]),
  );
  expect(lines.join("")).not.toContain(next);
});

it("shows its metrics by the names that dashboards know [SVC-2]", async () => {
  await send("acme sender", "POST", "/v1/scores", {
    id: "m-1",
    user_id: "alice",
    score: 80,
    user_role: "engineer",
  });
  const { body } = await send("platform", "GET", "/metrics");
  expect(body).toContain(
    'metrics_productivity_score_bucket{le="90",tenant_id="acme",user_role="engineer"} 1',
  );
  expect(body).toMatch(
    /metrics_api_request_duration_seconds_count\{method="POST",route="\/v1\/scores",status_code="201",tenant_id="acme"\} 1/,
  );
  expect(body).toMatch(
    /metrics_database_query_duration_seconds_count\{query_type="ingest",tenant_id="acme"\} \d+/,
  );
});

it("counts active users for its metrics, and rolls up what was taken in [SVC-1] [SVC-2]", async () => {
  const sent = await sendLines("globex sender", line({ ...activity("roll-1"), user_id: "rolled" }));
  expect(sent.body).toMatchObject({ accepted: 1 });
  await vi.waitFor(async () => {
    const { body } = await send("platform", "GET", "/metrics");
    expect(body).toMatch(/metrics_active_users_total\{tenant_id="globex",time_window="24h"\} [1-9]/);
    expect(body).toMatch(/metrics_background_jobs_total\{job_name="roll_up",result="completed"\} [1-9]/);
    const rows = await queryDatabase(
      database.url,
      "SELECT events::int FROM metrics.activity_days WHERE tenant_id = 'globex' AND user_id = 'rolled'",
    );
    expect(rows).toEqual([{ events: 1 }]);
  }, 30_000);
  const { body } = await send("platform", "GET", "/v1/platform/jobs");
  expect((body as { queues: { queue: string }[] }).queues.map(({ queue }) => queue)).toContain("roll_up");
  const health = await send("platform", "GET", "/health/detailed");
  expect(health.body).toMatchObject({
    components: expect.arrayContaining([expect.objectContaining({ name: "jobs" })]),
  });
});

it("has no dead letter that another one could retry or discard [SVC-2]", async () => {
  const id = "018f3c7e-0000-7000-8000-000000000000";
  expect((await send("platform", "GET", "/v1/platform/dead-letters?limit=1000")).body).toEqual({
    dead_letters: [],
    next_cursor: null,
  });
  expect((await send("platform", "POST", `/v1/platform/dead-letters/${id}/retry`)).status).toBe(404);
  expect((await send("platform", "DELETE", `/v1/platform/dead-letters/${id}`)).status).toBe(404);
});

describe("KPIs over HTTP [SVC-1]", () => {
  const get = (who: string, path: string) => send(who, "GET", path);
  const PATHS = [
    "/v1/kpis/active-users",
    "/v1/kpis/activity?interval=hour",
    "/v1/kpis/scores?group_by=team",
    "/v1/kpis/scores/trend?group_by=role",
    "/v1/kpis/top-users?by=score",
    "/v1/kpis/top-users",
    "/v1/kpis/comparison?group_by=team",
    "/v1/kpis/anomalies",
  ];

  it("are those of the caller's tenant alone", async () => {
    for (const tenant of ["acme", "globex"]) {
      const score = {
        id: "kpi",
        user_id: `${tenant}-user`,
        score: 77,
        user_role: `${tenant}-role`,
        team: `${tenant}-team`,
      };
      await send(`${tenant} sender`, "POST", "/v1/scores", score);
      await send(`${tenant} sender`, "POST", "/v1/activity", {
        id: "kpi",
        user_id: `${tenant}-user`,
        type: "login",
      });
    }
    for (const path of PATHS) {
      const { status, body } = await get("acme viewer", path);
      expect([path, status]).toEqual([path, 200]);
      expect(JSON.stringify(body)).not.toContain("globex");
    }
    expect((await get("acme viewer", "/v1/kpis/scores?group_by=team&team=acme-team")).body).toMatchObject({
      groups: [{ group: "acme-team", count: 1, mean: 77 }],
    });
  });

  it("come in pages that end, and refuse spans and cursors that are none", async () => {
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await get(
        "acme viewer",
        `/v1/kpis/top-users?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      const page = body as { users: { user_id: string }[]; next_cursor: string | null };
      seen.push(...page.users.map(({ user_id }) => user_id));
      cursor = page.next_cursor ?? "";
    } while (cursor !== "");
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain("acme-user");
    const odd = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    for (const query of [
      "from=2026-01-01T00:30:00Z",
      "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      "from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
      "cursor=x",
      `cursor=${odd(["1", "a\0b"])}`,
      `cursor=${odd(["1e9", "a"])}`,
      `cursor=${odd(["NaN", "a"])}`,
      `cursor=${odd(["1", "\ud800"])}`,
      "limit=0",
      "by=name",
    ]) {
      expect([query, (await get("acme viewer", `/v1/kpis/top-users?${query}`)).status]).toEqual([query, 400]);
    }
    expect((await get("acme viewer", "/v1/kpis/comparison?baseline_from=2026-01-01T00:00:00Z")).status).toBe(
      400,
    );
  });
});

it("exports and erases a person, on record with who and why, and no other tenant's [SVC-1] [SVC-4]", async () => {
  await send("acme sender", "POST", "/v1/activity", { id: "person", user_id: "person", type: "login" });
  await send("globex sender", "POST", "/v1/activity", { id: "person", user_id: "person", type: "login" });
  const { body: lines } = await send("acme admin", "GET", "/v1/users/person/export");
  expect(lines).toContain('{"table":"activity_events","row":{');
  expect(lines).toContain('{"complete":true,');
  const { body, status } = await send("acme admin", "POST", "/v1/users/person/erasure", {
    reason: "ticket 17",
  });
  expect(status).toBe(202);
  const { id } = body as { id: string };
  expect((await send("globex admin", "GET", `/v1/erasures/${id}`)).status).toBe(404);
  await vi.waitFor(async () => {
    expect((await send("acme admin", "GET", `/v1/erasures/${id}`)).body).toMatchObject({
      status: "completed",
    });
  }, 30_000);
  expect(
    await queryDatabase(
      database.url,
      "SELECT tenant_id FROM metrics.activity_events WHERE user_id = 'person'",
    ),
  ).toEqual([{ tenant_id: "globex" }]);
  const events = await queryDatabase(
    database.url,
    "SELECT split_part(reason, ' ', 1) AS who, metadata->>'operation' AS operation, metadata->>'reason' AS why FROM gateway_audit_events WHERE event_type = 'personal_data_access' AND metadata->>'user' = 'person' ORDER BY seq",
  );
  expect(events).toEqual([
    { who: "acme-admin", operation: "export", why: null },
    { who: "acme-admin", operation: "erase", why: "ticket 17" },
  ]);
});
