import { generateApiKey } from "@sark/authentication";
import { queryDatabase, startOtlpReceiver, type CollectedSpan, type OtlpReceiver } from "@sark/testkit";
import { afterAll, beforeAll, beforeEach, expect, inject, it, vi } from "vitest";
import { startService } from "../testing/service.ts";
import { lockTable } from "../testing/lock-table.ts";

/** Of the tests' own clients: sampled, and not. */
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const sampled = { traceparent: `00-${TRACE}-${PARENT}-01` };

let collector: OtlpReceiver;
let service: Awaited<ReturnType<typeof startService>>;
let acme: Awaited<ReturnType<(typeof service)["tenant"]>>;

beforeAll(async () => {
  collector = await startOtlpReceiver();
  service = await startService(inject("postgresUrl"), {}, undefined, {
    database: { timeout: "10m" },
    // Of what has no parent nothing is sampled: what is recorded all the same failed, or was slow.
    tracing: { endpoint: collector.url, sampleRatio: 0, slowerThan: "1s", maxExtraTraces: 10_000 },
  });
  acme = await service.tenant("acme");
});
afterAll(async () => {
  await service.close();
  expect(collector.refused()).toEqual([]);
  await collector.close();
});
beforeEach(() => collector.clear());

function ask(path: string, headers: Record<string, string> = {}, body?: object): Promise<Response> {
  return fetch(`${service.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "x-api-key": acme.admin,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Spans so far, once there is one of this name. */
function spansWith(name: string): Promise<readonly CollectedSpan[]> {
  return vi.waitFor(async () => {
    await service.server.telemetry.tracing.flush();
    const spans = [...collector.spans()];
    expect(spans.map((span) => span.name)).toContain(name);
    return spans;
  });
}

const linesOf = (trace: string) =>
  service.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ trace_id: of }) => of === trace);

const below = (spans: readonly CollectedSpan[], parent: CollectedSpan | undefined) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);

it("a request continues its caller's trace, its statements are below it, its lines name it, and so do exemplars [LOG-5] [SVC-4]", async () => {
  const response = await ask("/v1/users/alice/export", sampled);
  await response.text();
  const spans = await spansWith("GET /v1/users/:id/export");
  const root = spans.find(({ name }) => name === "GET /v1/users/:id/export");
  expect(root).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: "server", status: "unset" });
  expect(root?.attributes).toMatchObject({
    "http.response.status_code": 200,
    "http.route": "/v1/users/:id/export",
  });
  const statements = below(spans, root).filter(({ kind }) => kind === "client");
  expect(statements.map(({ attributes }) => attributes["db.query.text"])).toEqual(
    expect.arrayContaining([expect.stringContaining("metrics.activity_events")]),
  );
  // Values are in none of them.
  expect(JSON.stringify(statements.map(({ attributes }) => attributes))).not.toContain("alice");
  // The event of the log, and its line, lead to the trace.
  const correlation = response.headers.get("x-correlation-id");
  expect(linesOf(TRACE)).toMatchObject([{ log: "security-audit", correlation_id: correlation }]);
  expect(
    await queryDatabase(
      service.databaseUrl,
      `SELECT trace_id FROM gateway_audit_events WHERE gateway_request_id = '${correlation}'`,
    ),
  ).toEqual([{ trace_id: TRACE }]);
  const refused = await ask("/v1/nothing", { traceparent: `00-${"1".repeat(32)}-${PARENT}-01` });
  const [refusal] = (await spansWith("GET")).filter(({ traceId }) => traceId === "1".repeat(32));
  expect(linesOf("1".repeat(32))).toMatchObject([
    { level: "warn", span_id: refusal?.spanId, correlation_id: refused.headers.get("x-correlation-id") },
  ]);
  const exposition = await service.server.telemetry.recorder.expose("application/openmetrics-text");
  expect(exposition.body).toMatch(
    new RegExp(`metrics_api_request_duration_seconds_bucket\\{[^}]*export[^}]*\\} \\d+ # \\{[^}]*${TRACE}`),
  );
  expect(exposition.body).toMatch(new RegExp(`metrics_database_query_duration_seconds_bucket\\{.*${TRACE}`));
});

it("of events that share a transaction, the statements are below a request that is sampled [LOG-5] [SVC-4]", async () => {
  const event = { id: "traced", user_id: "alice", type: "login" };
  expect((await ask("/v1/activity", { ...sampled, "x-api-key": acme.sender }, event)).status).toBe(201);
  const spans = await spansWith("POST /v1/activity");
  const root = spans.find(({ name }) => name === "POST /v1/activity");
  expect(below(spans, root).map(({ attributes }) => attributes["db.query.text"])).toEqual(
    expect.arrayContaining([expect.stringContaining("INSERT INTO metrics.activity_events")]),
  );
});

it("PostgreSQL shows in which trace a transaction is that waits [LOG-5] [SVC-4]", async () => {
  const unlock = await lockTable(service.databaseUrl, "metrics.users");
  const response = ask("/v1/users", sampled);
  const waiting = () =>
    queryDatabase<{ name: string }>(
      service.databaseUrl,
      "SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
  await vi.waitFor(async () => {
    expect(await waiting()).toEqual([
      { name: expect.stringMatching(new RegExp(`^sark-metrics/${TRACE}-[0-9a-f]{16}$`)) as string },
    ]);
  });
  await unlock();
  expect((await response).status).toBe(200);
  const names = await queryDatabase<{ name: string }>(
    service.databaseUrl,
    "SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sark-metrics%' ORDER BY 1",
  );
  // It ends with the transaction.
  expect(names.map(({ name }) => name)).not.toContain(expect.stringContaining(TRACE));
});

it("what is not sampled is traced where it is slow or fails, with its statements, and else is not [LOG-5] [SVC-4]", async () => {
  expect((await ask("/v1/users")).status).toBe(200);
  const unlock = await lockTable(service.databaseUrl, "metrics.users");
  const failing = ask("/v1/users");
  await vi.waitFor(async () => {
    const rows = await queryDatabase(
      service.databaseUrl,
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    expect(rows.length).toBeGreaterThan(0);
  });
  expect((await failing).status).toBe(503);
  await unlock();
  const spans = await spansWith("GET /v1/users");
  const requests = spans.filter(({ name, traceId }) => name === "GET /v1/users" && traceId !== TRACE);
  expect(requests).toMatchObject([
    {
      parentSpanId: null,
      status: "error",
      attributes: { "error.type": "store_unavailable", "http.response.status_code": 503 },
    },
  ]);
  expect(below(spans, requests[0]).filter(({ status }) => status === "error")).toMatchObject([
    {
      name: "postgresql SELECT",
      attributes: { "db.query.text": expect.stringContaining("metrics.users") as unknown },
    },
  ]);
});

it("a job that fails is traced, with its statements, and its line names the trace [LOG-5] [SVC-4]", async () => {
  // The job finds no table to work on, and is tried again.
  await queryDatabase(service.databaseUrl, "ALTER TABLE metrics.rollup_marks RENAME TO rollup_marks_away");
  await queryDatabase(
    service.databaseUrl,
    `INSERT INTO pgboss.job (name, data) VALUES ('roll_up', '{"tenant":"acme"}')`,
  );
  const spans = await spansWith("job roll_up");
  await queryDatabase(service.databaseUrl, "ALTER TABLE metrics.rollup_marks_away RENAME TO rollup_marks");
  const job = spans.find(({ name }) => name === "job roll_up");
  expect(job).toMatchObject({
    parentSpanId: null,
    kind: "consumer",
    status: "error",
    attributes: { "sark.job.name": "roll_up", "sark.tenant": "acme", "sark.job.attempt": 1 },
  });
  expect(below(spans, job).map(({ attributes }) => attributes["db.query.text"])).toEqual(
    expect.arrayContaining([expect.stringContaining("metrics.rollup_marks")]),
  );
  const line = service.lines
    .map((one) => JSON.parse(one) as Record<string, unknown>)
    .find(({ message }) => message === "a background job failed and is tried again");
  expect(line).toMatchObject({
    trace_id: job?.traceId,
    correlation_id: job?.attributes["sark.job.id"],
    tenant: "acme",
  });
});

it("what callers say who are not known is traced within bounds, and what known ones say always is [LOG-5] [SVC-4]", async () => {
  const begunAt = performance.now();
  const flood = Array.from({ length: 400 }, (_, at) => at);
  const traceOf = (kind: "a" | "b", at: number) => `${kind}${String(at).padStart(31, "0")}`;
  const from = (kind: "a" | "b", at: number) => ({ traceparent: `00-${traceOf(kind, at)}-${PARENT}-01` });
  const unknown = flood.map((at) =>
    ask("/v1/users", { "x-api-key": generateApiKey(), ...from("a", at) }).then(({ status }) => status),
  );
  const known = flood.slice(0, 60).map((at) => ask("/v1/users", from("b", at)).then(({ status }) => status));
  const statuses = await Promise.all([...unknown, ...known]);
  // Whose address has failed too often is not looked at any more; who was known before is.
  expect(statuses.slice(0, flood.length).filter((status) => status !== 401 && status !== 429)).toEqual([]);
  expect(new Set(statuses.slice(flood.length))).toEqual(new Set([200]));
  const seconds = Math.ceil((performance.now() - begunAt) / 1_000);
  await vi.waitFor(async () => {
    await service.server.telemetry.tracing.flush();
    const traces = new Set([...collector.spans()].map(({ traceId }) => traceId));
    expect(flood.slice(0, 60).filter((at) => !traces.has(traceOf("b", at)))).toEqual([]);
    expect(flood.filter((at) => traces.has(traceOf("a", at))).length).toBeLessThanOrEqual(20 * (seconds + 1));
  });
});

it("lines of what unknown callers bring about are bounded [SVC-4]", async () => {
  const before = service.lines.length;
  await Promise.all(Array.from({ length: 200 }, (_, at) => fetch(`${service.url}/nothing/${at}`)));
  const lines = service.lines.slice(before).filter((line) => line.includes("There is nothing at this path"));
  expect(lines.length).toBeLessThanOrEqual(60);
});
