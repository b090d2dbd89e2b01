import { startMcpServer, startOtlpReceiver, startTokenIssuer } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
const receiver = await startOtlpReceiver();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      agents: {
        planner: { agent_type: "service", trust_level: "trusted" },
        crawler: { agent_type: "worker", trust_level: "limited" },
      },
      tracing: { endpoint: receiver.url, sampleRatio: 0, maxExtraTraces: 10_000 },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([receiver.close(), tools.close(), issuer.close()]);
});

let trace = 0;
/** Sends a request of a trace of its own, and gives that trace as it was received. */
async function traced(
  path: string,
  {
    body,
    roles = ["admin"],
    subject = "root",
    sampled = true,
    token,
    agent = false,
  }: {
    readonly body?: unknown;
    readonly roles?: readonly string[];
    readonly subject?: string;
    readonly sampled?: boolean;
    readonly token?: string;
    readonly agent?: boolean;
  } = {},
) {
  trace += 1;
  const traceId = trace.toString(16).padStart(32, "a");
  const claims = { sub: subject, roles: [...roles], ...(agent ? { principal_type: "agent" } : {}) };
  const response = await send(gateway.url, {
    method: body === undefined ? "GET" : "POST",
    path,
    headers: {
      authorization: `Bearer ${token ?? (await issuer.issue(claims))}`,
      traceparent: `00-${traceId}-00000000000000ff-0${sampled ? 1 : 0}`,
    },
    ...(body === undefined ? {} : { body }),
  });
  // A span ends with the connection's side of its response, which may come after it.
  await vi.waitFor(async () => {
    const inFlight = gateway.gateway.telemetry.recorder;
    const series = await inFlight.series();
    expect(series.find(({ name }) => name === "sark_gateway_requests_in_flight")?.value).toBe(0);
  });
  await gateway.gateway.telemetry.tracing.flush();
  const spans = receiver.spans().filter((span) => span.traceId === traceId);
  const tree = (parentSpanId: string): unknown[] =>
    spans
      .filter((span) => span.parentSpanId === parentSpanId)
      .toSorted((a, b) => Number(a.start - b.start))
      .map(({ kind, name, spanId }) => [`${kind} ${name}`, ...tree(spanId)]);
  const server = spans.find(({ kind }) => kind === "server");
  return { response, traceId, spans, server, tree: tree("00000000000000ff") };
}

const AUTHORIZE = "/api/v1/gateway/authorize";
const invoke = { action: "gateway:tool:invoke", server_name: "tools", tool_name: "echo", parameters: {} };

it("a decision over REST is one tree, from the request to the record, in its caller's trace [LOG-5]", async () => {
  const { response, tree, traceId } = await traced(AUTHORIZE, { body: invoke });
  expect(response.status).toBe(200);
  expect(tree).toEqual([
    [
      `server POST ${AUTHORIZE}`,
      ["internal authenticate"],
      ["internal gateway:tool:invoke", ["internal policy"], ["internal audit"]],
    ],
  ]);
  const { audit_id: id } = response.json as { audit_id: string };
  const [row] = await auditRows(gateway.databaseUrl, "id = $1", id);
  expect(row).toMatchObject({ trace_id: traceId });
});

it("so is one between agents [LOG-5]", async () => {
  const { response, tree } = await traced("/api/v1/gateway/authorize-a2a", {
    subject: "planner",
    agent: true,
    roles: [],
    body: {
      source_agent_id: "planner",
      target_agent_id: "crawler",
      capability: "query",
      message_type: "request",
      parameters: {},
    },
  });
  expect(response.status).toBe(200);
  expect(JSON.stringify(tree)).toMatch(
    /^\[\["server POST \/api\/v1\/gateway\/authorize-a2a",\["internal authenticate"\],\["internal gateway:a2a:[a-z]+",\["internal policy"\],\["internal audit"\]\]\]\]$/,
  );
});

it("a denied one is traced though it was not sampled, and so is what a role may not do; neither is one that is well [LOG-5]", async () => {
  const denied = await traced(AUTHORIZE, {
    body: { ...invoke, tool_name: "delete_all" },
    roles: [],
    subject: "mallory",
    sampled: false,
  });
  expect(denied.response.json).toMatchObject({ allow: false });
  expect(denied.tree).toEqual([
    [
      `server POST ${AUTHORIZE}`,
      ["internal authenticate"],
      ["internal gateway:tool:invoke", ["internal policy"], ["internal audit"]],
    ],
  ]);
  const forbidden = await traced("/api/v1/audit/events", { roles: [], subject: "mallory", sampled: false });
  expect(forbidden.response.status).toBe(403);
  expect(forbidden.server).toMatchObject({
    name: "GET /api/v1/audit/events",
    attributes: { "sark.decision": "deny", "http.response.status_code": 403 },
  });
  expect((await traced(AUTHORIZE, { body: invoke, sampled: false })).spans).toEqual([]);
});

it("names are those of routes, whatever a path has in it [LOG-5]", async () => {
  const id = "0190c5e0-0000-7000-8000-00000000beef";
  const { response, server } = await traced(`/api/v1/audit/events/${id}`);
  expect(response.status).toBe(404);
  expect(server).toMatchObject({
    name: "GET /api/v1/audit/events/:id",
    status: "unset",
    attributes: { "http.route": "/api/v1/audit/events/:id", "http.response.status_code": 404 },
  });
  expect(JSON.stringify(server?.attributes)).not.toContain(id);
  expect((await traced("/api/v1/nothing/here")).spans).toEqual([]);
});

it("who is not known gets no span, whatever it says of sampling; nor does who looks after health [LOG-5]", async () => {
  const { response, spans } = await traced("/api/v1/audit/events", { token: "not-a-token" });
  expect(response.status).toBe(401);
  expect(spans).toEqual([]);
  expect((await traced("/health/ready")).spans).toEqual([]);
});

it("log lines of a request have the ids of its span, also that of its refusal [LOG-1] [LOG-5]", async () => {
  const forbidden = await traced("/api/v1/audit/events", { roles: [], subject: "mallory" });
  expect(forbidden.response.status).toBe(403);
  const about = (span: { traceId: string; spanId: string } | undefined) =>
    gateway.lines.filter((line) => line["trace_id"] === span?.traceId && line["span_id"] === span?.spanId);
  expect(about(forbidden.server)).toContainEqual(
    expect.objectContaining({ status: 403, error_type: "forbidden", level: "warn" }),
  );
});
