import { expect, it } from "vitest";
import type { Principal } from "../domain/principal.ts";
import type { Quotas } from "../domain/quotas.ts";
import { createRateLimits } from "../limits/rate-limiter.ts";
import type { SharedBuckets } from "@sark/shared-state";
import type { CountedCall } from "./limited-record.ts";
import { createQuotaStage } from "./quota-stage.ts";
import { createRateLimitStage } from "./rate-limit-stage.ts";

const principal: Principal = {
  id: "alice",
  type: "user",
  actor: null,
  tenant: "acme",
  roles: [],
  attributes: {},
  method: "jwt",
};
const caller = { principal, correlationId: "c", clientAddress: "::1", credential: "k", traceHeaders: {} };
const counted: CountedCall = {
  principal,
  caller,
  subject: { eventType: "tool_invoke", server: "s", tool: "t", metadata: {}, arguments: {}, params: null },
  sensitivity: "low",
  sessionId: null,
};

/** The stages of a call, as the pipeline has them, and how often the ledger was asked. */
function stages(shared: SharedBuckets | null) {
  const clock = { now: 0 };
  const asked = { ledger: 0 };
  const quotas: Quotas = {
    async reserve() {
      asked.ledger += 1;
      return { kind: "allowed", marks: {}, settle: () => ({}), release: () => undefined };
    },
  };
  const record = async () => ({ id: "e", seq: null, leafHash: "", kept: "committed" }) as const;
  const limiter = createRateLimits({
    rules: [{ for: "tenant", requests: 2, period: 60_000 }],
    maxSubjects: 10,
    shared,
    exists: () => true,
    observer: { overflowed: () => undefined, fellBack: () => undefined },
    now: () => clock.now,
  });
  const events = { rateLimited: () => undefined, refusalNotRecorded: () => undefined };
  const rateLimits = createRateLimitStage({ limiter, audit: { record }, events });
  const stage = createQuotaStage({ quotas, rateLimits, audit: { record }, onLost: () => undefined });
  const call = async () => {
    const granted = await stage.reserve(counted, undefined);
    return granted.allowed ? rateLimits.pass("common", counted, () => undefined) : granted;
  };
  return { call, asked, clock, limiter };
}

it("a call over a limit that callers have in common asks the ledger for nothing [GTW-3] [GTW-4]", async () => {
  const { call, asked, clock, limiter } = stages(null);
  expect([(await call()).allowed, (await call()).allowed]).toEqual([true, true]);
  for (let at = 0; at < 50; at += 1) {
    expect(await call()).toMatchObject({ allowed: false, code: "rate_limited", retryAfterSeconds: 30 });
  }
  expect(asked.ledger).toBe(2);
  clock.now = 30_000;
  expect((await call()).allowed).toBe(true);
  await limiter.reset({ kind: "tenant", name: "acme", within: null });
  expect((await call()).allowed).toBe(true);
});

it("where replicas share the limit, what is known of it holds for a second: another may have reset it [GTW-6]", async () => {
  let fullInMs = 60_000;
  const { call, asked, clock } = stages({
    take: async () => ({ reached: fullInMs > 30_000 ? 0 : null, retryAfterMs: 30_000, fullInMs: [fullInMs] }),
    peek: async () => null,
    forget: async () => true,
  });
  expect((await call()).allowed).toBe(false);
  clock.now = 900;
  expect((await call()).allowed).toBe(false);
  expect(asked.ledger).toBe(1);
  fullInMs = 30_000;
  clock.now = 1_100;
  expect((await call()).allowed).toBe(true);
  expect(asked.ledger).toBe(2);
});
