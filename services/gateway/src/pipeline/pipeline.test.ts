import { longestBlock, unitOfWork } from "@sark/testkit";
import { startTracing } from "@sark/observability/tracing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller, McpCall } from "../domain/governance.ts";
import { createPipeline, type Pipeline } from "./pipeline.ts";
import { createCedarEngine } from "../policy/cedar/cedar-engine.ts";
import { createTokenScopes } from "../governance/token-scopes.ts";
import { createDecisionCache } from "../policy/cache/decision-cache.ts";
import { createPolicyDirectory } from "../policy/testing/policy-directory.ts";
import { user } from "../policy/testing/queries.ts";
import { createRecordingObserver } from "../policy/testing/recording-observer.ts";
import { createCallTracing } from "../telemetry/traces/call-tracing.ts";

const cleanups: (() => Promise<unknown>)[] = [];
let pipeline: Pipeline;
let recorded: string[] = [];

beforeAll(async () => {
  const directory = await createPolicyDirectory({
    "a.cedar": `permit(principal, action, resource);
      forbid(principal == User::"hog", action, resource);
      forbid(principal, action, resource) when { context has parameters && context.parameters.path like "*x*" };`,
  });
  const observer = createRecordingObserver();
  const engine = await createCedarEngine({ directory: directory.path, observer, timeoutMs: 60_000 });
  const policy = createDecisionCache(engine, { ttlMs: 60_000, maxEntries: 10_000, observer });
  const tracing = startTracing({ service: "test", version: "0", environment: "test", sampleRatio: 0 });
  cleanups.push(
    () => tracing.shutdown(),
    () => policy.close(),
    () => directory.destroy(),
  );
  pipeline = createPipeline({
    rateLimits: null,
    quotas: null,
    tokenScopes: createTokenScopes([], {}),
    policy,
    audit: {
      record: (record) => {
        recorded.push(record.user_id ?? "");
        return Promise.resolve({ id: String(recorded.length), kept: "store" } as never);
      },
    },
    payloads: { arguments: "redacted", result: "digest" },
    inputSchema: () => undefined,
    currentSchema: async () => undefined,
    isLookAlike: async () => false,
    serverProfile: () => undefined,
    events: {
      authorizationDecided: () => {},
      callFinished: () => {},
      serversConfigured: () => {},
      toolsListed: () => {},
      auditRefused: () => {},
      outcomeNotRecorded: () => {},
    },
    tracing: createCallTracing(tracing.tracer),
  });
});
afterAll(async () => {
  for (const cleanup of cleanups) {
    await cleanup();
  }
});

function callerOf(id: string): Caller {
  return {
    principal: user(id),
    correlationId: id,
    clientAddress: "127.0.0.1",
    credential: "api_key:k-1",
    traceHeaders: {},
  };
}

function callOf(target: string): McpCall {
  return {
    server: "s",
    method: "tools/call",
    kind: "tool",
    target,
    arguments: { path: target },
    params: null,
    requestId: 1,
    protocolVersion: null,
    sessionId: null,
    sessionScope: "process",
    meta: null,
  };
}

describe("decisions of a burst", () => {
  it("about a long list leave the event loop its turns", async () => {
    const unit = unitOfWork();
    const names = Array.from({ length: 4_000 }, (_, index) => `tool-${index}`);
    const blocks = [];
    for (const user of ["alice", "bob", "carol"]) {
      blocks.push(await longestBlock(() => pipeline.governor.visible("tool", "s", names, callerOf(user))));
    }
    // It is much work altogether, and never much of it at once. What blocks by itself does so each time, garbage
    // collection and compilation do not.
    expect(blocks[0]?.total).toBeGreaterThan(2 * unit);
    expect(Math.min(...blocks.map(({ longest }) => longest))).toBeLessThan(unit);
  });

  it("of one caller delay those of another by no more than a few of them", async () => {
    recorded = [];
    const hog = callerOf("hog");
    const burst = Array.from({ length: 3_000 }, (_, index) =>
      pipeline.governor.begin(callOf(`hog-${index}`), hog),
    );
    const permit = await pipeline.governor.begin(callOf("a"), callerOf("other"));
    expect(permit.allowed).toBe(true);
    // What was begun at once for the one, and one slice more.
    expect(recorded.indexOf("other")).toBeLessThan(1_000);
    expect((await Promise.all(burst)).every(({ allowed }) => !allowed)).toBe(true);
    expect(recorded).toHaveLength(3_001);
  });
});
