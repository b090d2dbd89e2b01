import {
  HTTP_MISBEHAVIOURS,
  startMisbehavingUpstream,
  type HttpMisbehaviour,
  type MisbehavingUpstream,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BOTH, ENVELOPE, messagesOf, statelessHeaders } from "./testing/ask.ts";
import { startGateway, type TestGateway } from "./testing/start-gateway.ts";

const MiB = 2 ** 20;
let upstream: MisbehavingUpstream;
let patient: TestGateway;
/** Ends in time what never ends by itself. On a busy machine it would cut off what is only slow, too. */
let impatient: TestGateway;

function startWith(timeoutMs: number): Promise<TestGateway> {
  return startGateway({
    upstreams: Object.fromEntries(HTTP_MISBEHAVIOURS.map((name) => [name, upstream.url(name)])),
    limits: {
      requestTimeoutMs: timeoutMs,
      maxRequestMs: timeoutMs,
      maxResponseBytes: MiB,
      maxEventBytes: MiB,
    },
  });
}

beforeAll(async () => {
  upstream = await startMisbehavingUpstream({ bytes: 64 * MiB, ms: 1 });
  patient = await startWith(600_000);
  impatient = await startWith(2_000);
});
afterAll(async () => {
  await patient.close();
  await impatient.close();
  await upstream.close();
});

/** What each of them comes to: HTTP status, reason code (or none: it has a response after all), outcome. */
const COMES_TO: Record<HttpMisbehaviour, readonly [status: number, reason: string | null, outcome: string]> =
  {
    "not-json": [502, "upstream_garbage", "upstream_error"],
    "not-json-rpc": [502, "upstream_garbage", "upstream_error"],
    "empty-body": [502, "upstream_garbage", "upstream_error"],
    "wrong-id": [502, "upstream_garbage", "upstream_error"],
    "two-responses": [200, null, "ok"],
    "duplicate-keys": [502, "upstream_garbage", "upstream_error"],
    "invalid-utf8": [502, "upstream_garbage", "upstream_error"],
    "html-500": [502, "upstream_status", "upstream_error"],
    redirect: [502, "upstream_refused", "upstream_error"],
    "wrong-content-type": [502, "upstream_garbage", "upstream_error"],
    compressed: [502, "upstream_garbage", "upstream_error"],
    "many-headers": [200, null, "ok"],
    "oversize-headers": [502, "upstream_unreachable", "upstream_error"],
    "sse-without-response": [200, "upstream_silent", "upstream_error"],
    "sse-garbage": [200, "upstream_garbage", "upstream_error"],
    "never-responds": [504, "upstream_timeout", "timeout"],
    "closes-at-once": [502, "upstream_unreachable", "upstream_error"],
    "half-head": [504, "upstream_timeout", "timeout"],
    "not-http": [502, "upstream_unreachable", "upstream_error"],
    "dies-mid-json": [502, "upstream_died", "upstream_error"],
    "dies-mid-sse": [200, "upstream_died", "upstream_error"],
    "hangs-mid-sse": [200, "upstream_timeout", "timeout"],
    "hangs-mid-json": [504, "upstream_timeout", "timeout"],
    "slow-drip": [200, null, "ok"],
    "enormous-json": [502, "upstream_too_large", "upstream_error"],
    "enormous-event": [200, "upstream_too_large", "upstream_error"],
    "endless-sse": [200, "upstream_timeout", "timeout"],
  };

describe.each(["session", "stateless"] as const)("upstream servers that misbehave, %s era", (era) => {
  it.concurrent.each(HTTP_MISBEHAVIOURS)(
    "%s: the client gets one response, the record one outcome",
    async (name) => {
      const params = { name: "misbehave", ...(era === "stateless" ? { _meta: ENVELOPE } : {}) };
      const id = `${era} ${name}`;
      const [status, reason, outcome] = COMES_TO[name];
      const gateway = outcome === "timeout" ? impatient : patient;
      const response = await fetch(gateway.url(name), {
        method: "POST",
        headers: {
          ...BOTH,
          ...(era === "stateless" ? (statelessHeaders("tools/call", "misbehave") as object) : {}),
        },
        body: JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }),
      });
      const text = await response.text();
      const messages =
        response.headers.get("content-type") === "text/event-stream" ? messagesOf(text) : [JSON.parse(text)];
      const responses = messages.filter((message) => message["id"] === id);
      expect(response.status).toBe(status);
      expect(responses).toHaveLength(1);
      const decided = gateway.governor.decided.find(({ call }) => call.requestId === id);
      const auditId = decided?.auditId ?? "";
      const failed = {
        message: expect.stringContaining(auditId),
        data: { reason_code: reason, audit_id: auditId },
      };
      expect(responses[0]).toMatchObject(
        reason === null ? { result: { resultType: "complete" } } : { error: failed },
      );
      expect(decided?.results.map((result) => result.outcome)).toEqual([outcome]);
      expect(
        messages.every((message) => message["id"] === id || message["method"] === "notifications/progress"),
      ).toBe(true);
    },
  );
});

describe("connections to upstream servers that misbehave", () => {
  it("are let go, and little is read from what has no end", async () => {
    await vi.waitFor(() => {
      const bad = upstream.requests().filter(({ misbehaved, finished }) => misbehaved && !finished);
      expect(bad.filter(({ closed }) => !closed).map(({ behaviour }) => behaviour)).toEqual([]);
    });
    for (const request of upstream.requests()) {
      expect(request.bytesSent()).toBeLessThan(32 * MiB);
    }
  });
});
