import { inspect } from "node:util";
import { startOtlpReceiver, type OtlpReceiver } from "@sark/testkit";
import { startTracing, type Tracing } from "@sark/observability/tracing";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Caller, CallResult, McpCall } from "../../domain/governance.ts";
import { user } from "../../policy/testing/queries.ts";
import { AUDIT_INTENT } from "./call-span.ts";
import { createCallTracing, type CallTracing } from "./call-tracing.ts";
import { createExtraTraces } from "./extra-traces.ts";

let receiver: OtlpReceiver;
let tracing: Tracing;
let calls: CallTracing;
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
  calls = createCallTracing(
    tracing.tracer,
    createExtraTraces({ late: tracing.late!, slowerThanSeconds: 0.02, considered }),
  );
});
afterAll(async () => {
  await tracing.shutdown();
  await receiver.close();
});
beforeEach(() => void considered.mockClear());

const CALLER: Caller = {
  principal: user("alice"),
  correlationId: "c-1",
  clientAddress: "127.0.0.1",
  credential: "api_key:k-1",
  traceHeaders: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" },
  authentication: { startedAt: performance.now() - 3, endedAt: performance.now() - 2 },
};
const CALL: McpCall = {
  server: "files",
  method: "tools/call",
  kind: "tool",
  target: "read",
  arguments: null,
  params: {},
  requestId: 1,
  protocolVersion: "2026-07-28",
  sessionId: null,
  meta: null,
} as McpCall;

async function call(result: CallResult, over: Partial<McpCall> = {}, refusal?: string) {
  const began = receiver.spans().length;
  const span = calls.start({ ...CALL, ...over }, CALLER, "tcp");
  await calls.stage("rate limit", span, async () => undefined, { attributes: { "sark.limit.group": "own" } });
  await span.run(() => calls.stage("policy", span, async () => undefined));
  await calls.stage("audit", span, async () => undefined, { attributes: AUDIT_INTENT });
  const sent = refusal === undefined ? span.upstream() : {};
  if (result.message === "slow") {
    const until = performance.now() + 25;
    while (performance.now() < until) {
      // As a server would take it.
    }
  }
  const ids = span.end(result, refusal === undefined ? { outcomeFollows: true } : { refusal });
  await tracing.flush();
  const beforeOutcome = receiver.spans().length - began;
  if (refusal === undefined) {
    await span.outcome(async () => undefined);
  }
  await tracing.flush();
  return { spans: receiver.spans().slice(began), beforeOutcome, sent, ids, traceId: span.traceId };
}

it("a call that fails is traced with its stages though it was not sampled, in its caller's trace [LOG-5]", async () => {
  const { spans, beforeOutcome, sent, ids, traceId } = await call({
    outcome: "upstream_error",
    message: "refused, token=hunter2",
  });
  expect(traceId).toBe("0af7651916cd43dd8448eb211c80319c");
  const server = spans.find(({ kind }) => kind === "server");
  expect(server).toMatchObject({
    name: "tools/call read",
    traceId,
    parentSpanId: "b7ad6b7169203331",
    attributes: {
      "error.type": "upstream_error",
      "gen_ai.tool.name": "read",
      "sark.server": "files",
      "client.address": "127.0.0.1",
    },
  });
  const stages = spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId);
  expect(stages.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "internal authenticate",
    "internal rate limit",
    "internal policy",
    "internal audit",
    "client tools/call read",
    "internal audit",
  ]);
  // One root, which all else belongs to; it is written when the outcome is on record, too.
  expect(spans).toHaveLength(stages.length + 1);
  expect(beforeOutcome).toBe(0);
  expect(stages.map(({ attributes }) => attributes["sark.audit.phase"]).filter(Boolean)).toEqual([
    "intent",
    "outcome",
  ]);
  expect(ids).toMatchObject({ traceId, spanId: server?.spanId });
  expect(stages.find(({ kind }) => kind === "client")).toMatchObject({
    attributes: { "error.type": "upstream_error" },
    status: server?.status,
  });
  // What the server was told leads to the same trace, and says that it was not sampled.
  expect(sent).toEqual({ traceparent: `00-${traceId}-${server?.spanId}-00` });
  expect(inspect(spans, { depth: 10 })).not.toContain("hunter2");
});

it.each<[string, CallResult, Partial<McpCall>, string | undefined, string | null]>([
  ["that is refused", { outcome: "protocol_error" }, {}, "denied_by_policy", "refused"],
  ["of a tool that fails", { outcome: "tool_error" }, {}, undefined, "error"],
  ["that takes long", { outcome: "ok", message: "slow" }, {}, undefined, "slow"],
  ["that is well", { outcome: "ok" }, {}, undefined, null],
  ["that its caller ends", { outcome: "cancelled" }, {}, undefined, null],
  ["that is a stream which waits", { outcome: "ok", message: "slow" }, { kind: "session" }, undefined, null],
])("whether a call %s is worth a trace: %o [LOG-5]", async (_what, result, over, refusal, reason) => {
  const { spans, ids } = await call(result, over, refusal);
  expect(considered.mock.calls).toEqual(reason === null ? [] : [[reason, true]]);
  expect(spans.length > 0).toBe(reason !== null);
  expect(ids !== null).toBe(reason !== null);
});

it.each([
  [
    "denied by policy",
    "protocol_error",
    "denied_by_policy",
    "policy",
    { "sark.decision": "deny", "sark.reason_code": "denied_by_policy" },
  ],
  ["without a record", "upstream_error", "audit_unavailable", "audit", { "error.type": "audit_unavailable" }],
] as const)("the stage says so that stopped a call %s [LOG-5]", async (_what, outcome, code, stage, said) => {
  const { spans } = await call({ outcome }, {}, code);
  const own = (name: string) => spans.find((span) => span.kind === "internal" && span.name === name);
  expect(own(stage)).toMatchObject({ attributes: said, status: stage === "audit" ? "error" : "unset" });
  for (const { name, attributes, status } of spans.filter(
    ({ kind, name }) => kind === "internal" && name !== stage,
  )) {
    expect({ name, code: attributes["sark.reason_code"] ?? attributes["error.type"], status }).toEqual({
      name,
      code: undefined,
      status: "unset",
    });
  }
});
