import type { IncomingMessage, ServerResponse } from "node:http";
import { startOtlpReceiver, type OtlpReceiver } from "@sark/testkit";
import { activeTrace, startTracing, type Tracing } from "@sark/observability/tracing";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import { user } from "../../policy/testing/queries.ts";
import { denialAttributes } from "./call-attributes.ts";
import { AUDIT_INTENT, type StageParent } from "./call-span.ts";
import { createCallTracing } from "./call-tracing.ts";
import { createExtraTraces } from "./extra-traces.ts";
import { createRequestTracing, type RequestFailure } from "./request-tracing.ts";

let receiver: OtlpReceiver;
let tracing: Tracing;
const considered = vi.fn<(reason: string, recorded: boolean) => void>();
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = startTracing({
    service: "gateway",
    version: "0",
    environment: "test",
    sampleRatio: 0,
    endpoint: receiver.url,
    maxLatePerSecond: 1_000,
  });
});
afterAll(async () => {
  await tracing.shutdown();
  await receiver.close();
});
beforeEach(() => void considered.mockClear());

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const ENDINGS = {
  denial: (allow: boolean) => (allow ? null : "denied_by_policy"),
  isRefusal: (error: unknown) => (error as { code?: string }).code === "rate_limited",
};

interface Served {
  readonly sampled?: boolean;
  readonly status?: number | null;
  readonly failure?: RequestFailure;
  /** Whether it is allowed, or what is thrown in place of that. */
  readonly decision?: boolean | Error;
  readonly slowerThanSeconds?: number;
}

async function serve({ sampled = false, status = 200, failure, decision, slowerThanSeconds = 60 }: Served) {
  const extra = createExtraTraces({ late: tracing.late!, slowerThanSeconds, considered });
  const requests = createRequestTracing(tracing.tracer, extra);
  const calls = createCallTracing(tracing.tracer, extra);
  const request = { method: "POST" } as IncomingMessage;
  const response = { headersSent: status !== null, statusCode: status ?? 0 } as ServerResponse;
  const now = performance.now();
  const caller: Caller = {
    principal: user("alice"),
    correlationId: "c-1",
    clientAddress: "127.0.0.1",
    credential: "api_key:k-1",
    traceHeaders: { traceparent: `00-${TRACE}-b7ad6b7169203331-0${sampled ? 1 : 0}` },
    authentication: { startedAt: now - 3, endedAt: now - 2 },
  };
  const began = receiver.spans().length;
  requests.begin(request, "/api/v1/things/:id", caller);
  let seen: StageParent | undefined;
  if (decision !== undefined) {
    const decided = requests.run(request, () =>
      calls.decision(
        "gateway:tool:invoke",
        async (span) => {
          seen = span;
          expect(activeTrace()).toMatchObject({ traceId: TRACE, sampled });
          await calls.stage("policy", span, async () => undefined, {
            said: () => (decision === false ? denialAttributes("denied_by_policy") : {}),
          });
          await calls.stage("audit", span, async () => undefined, { attributes: AUDIT_INTENT });
          if (decision instanceof Error) {
            throw decision;
          }
          return decision;
        },
        ENDINGS,
      ),
    );
    await expect(decided)[decision instanceof Error ? "rejects" : "resolves"].toBe(decision);
  }
  if (failure !== undefined) {
    requests.failed(request, failure);
  }
  const ids = requests.end(request, response);
  await tracing.flush();
  const spans = receiver.spans().slice(began);
  const server = spans.find(({ kind }) => kind === "server");
  const childrenOf = (parent: (typeof spans)[number] | undefined) =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
      .toSorted((a, b) => Number(a.start - b.start));
  // What a histogram shows as exemplar can be looked up.
  expect(ids?.spanId).toBe(server?.spanId);
  return { spans, server, childrenOf, traceId: seen?.traceId };
}

it.each([true, false])(
  "a request has a span named by its route, with the decision and its stages below; sampled: %s [LOG-5]",
  async (sampled) => {
    const { spans, server, childrenOf, traceId } = await serve({ sampled, decision: false });
    expect(traceId).toBe(TRACE);
    expect(server).toMatchObject({
      name: "POST /api/v1/things/:id",
      traceId: TRACE,
      parentSpanId: "b7ad6b7169203331",
      status: "unset",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/api/v1/things/:id",
        "http.response.status_code": 200,
        "client.address": "127.0.0.1",
      },
    });
    expect(childrenOf(server).map(({ name }) => name)).toEqual(["authenticate", "gateway:tool:invoke"]);
    const [, decision] = childrenOf(server);
    expect(decision).toMatchObject({
      kind: "internal",
      attributes: { "sark.decision": "deny", "sark.reason_code": "denied_by_policy" },
    });
    expect(childrenOf(decision).map(({ name }) => name)).toEqual(["policy", "audit"]);
    expect(childrenOf(decision).map(({ attributes }) => attributes["sark.reason_code"])).toEqual([
      "denied_by_policy",
      undefined,
    ]);
    expect(spans).toHaveLength(5);
    expect(
      spans.every(({ start, end }) => start <= end && start >= server!.start && end <= server!.end),
    ).toBe(true);
    expect(considered.mock.calls).toEqual(sampled ? [] : [["refused", true]]);
  },
);

const fault = Object.assign(new Error("down"), { code: "audit_unavailable" });
const limited = Object.assign(new Error("too many"), { code: "rate_limited" });
it.each<[string, Served, string | null, object]>([
  ["that is well", {}, null, {}],
  ["whose decision allows", { decision: true }, null, {}],
  [
    "that is denied by role",
    { status: 403, failure: { status: 403, code: "forbidden" } },
    "refused",
    { "sark.decision": "deny", "sark.reason_code": "forbidden" },
  ],
  [
    "over a limit",
    { status: 429, failure: { status: 429, code: "rate_limited" }, decision: limited },
    "refused",
    { "sark.reason_code": "rate_limited" },
  ],
  ["that is invalid", { status: 400, failure: { status: 400, code: "invalid_request" } }, null, {}],
  [
    "that fails",
    { status: 503, failure: { status: 503, code: "audit_unavailable" }, decision: fault },
    "error",
    { "error.type": "audit_unavailable" },
  ],
  [
    "that fails within its response",
    { failure: { status: 500, code: "internal_error" } },
    "error",
    { "error.type": "internal_error" },
  ],
  ["with a status of a failure alone", { status: 500 }, "error", { "error.type": "500" }],
  ["whose client left", { status: null }, null, {}],
  ["that takes long", { slowerThanSeconds: 0 }, "slow", {}],
])("whether a request %s is worth a trace [LOG-5]", async (_what, served, reason, attributes) => {
  const { spans, server } = await serve(served);
  expect(considered.mock.calls).toEqual(reason === null ? [] : [[reason, true]]);
  expect(spans.length > 0).toBe(reason !== null);
  if (server !== undefined) {
    expect(server.attributes).toMatchObject(attributes);
    expect(server.status).toBe(reason === "error" ? "error" : "unset");
  }
  // One that is sampled says the same of itself.
  const recorded = (await serve({ ...served, sampled: true })).server;
  expect(recorded?.attributes).toMatchObject(attributes);
  expect(recorded?.status).toBe(reason === "error" ? "error" : "unset");
});
