import { requireServer, startRedis, type Redis } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Principal } from "../domain/principal.ts";
import type { LimitDecision } from "../domain/rate-limits.ts";
import type { SharedState } from "@sark/shared-state";
import { openSharedState } from "@sark/shared-state/open";
import { createRateLimits, type RateLimits } from "./rate-limiter.ts";
import type { Rule } from "./rules.ts";
import { createSharedBuckets } from "@sark/shared-state";

const installed = requireServer("redis-server") !== null;

let redis: Redis;
beforeAll(async () => {
  if (installed) {
    redis = await startRedis();
  }
});
afterAll(async () => redis?.close());

const open: SharedState[] = [];
const told: string[] = [];
let fallbacks = 0;
afterEach(async () => {
  await Promise.all(open.splice(0).map((state) => state.close()));
  told.length = 0;
  fallbacks = 0;
});

const alice: Principal = {
  id: "alice",
  type: "user",
  actor: null,
  tenant: "acme",
  roles: [],
  attributes: {},
  method: "jwt",
};

/** As one replica has it. No healthy Redis runs into the time limit, however busy the machine. */
async function replica(rules: readonly Rule[], keyPrefix: string, timeoutMs = 600_000): Promise<RateLimits> {
  const state = openSharedState({
    settings: () => ({ url: `redis://127.0.0.1:${redis.port}`, tls: {} }),
    timeoutMs,
    keyPrefix,
    observer: {
      cameUp: () => void told.push("up"),
      wentDown: ({ code }) => void told.push(code),
      failed: () => undefined,
      responded: () => undefined,
    },
  });
  open.push(state);
  await state.start();
  return createRateLimits({
    rules,
    maxSubjects: 1_000,
    shared: createSharedBuckets(state),
    exists: () => true,
    observer: { overflowed: () => undefined, fellBack: () => void (fallbacks += 1) },
  });
}

/** As a call that policy permits. */
async function take(limits: RateLimits, principal = alice): Promise<LimitDecision> {
  const call = { principal, server: "s", tool: "t" };
  const own = await limits.take(call, "own");
  const common = own.allowed ? await limits.take(call, "common") : own;
  return common.allowed && common.scope === "process" ? own : common;
}
const user = (requests: number, more: Partial<Rule> = {}): Rule => ({
  for: "user",
  requests,
  period: 3_600_000,
  ...more,
});

describe.skipIf(!installed)("limits in Redis [GTW-3]", () => {
  it("hold for all replicas together, also for calls at the same time", async () => {
    const [one, two] = await Promise.all([replica([user(25)], "a:"), replica([user(25)], "a:")]);
    const began = Date.now();
    const decisions = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => take(at % 2 ? one : two)),
    );
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(25);
    expect(new Set(decisions.map(({ scope }) => scope))).toEqual(new Set(["shared"]));
    expect(await take(one)).toMatchObject({ allowed: false, kind: "user", name: "alice" });
    const state = await two.state({ kind: "user", name: "ALICE", within: "acme" });
    expect(state).toMatchObject({ remaining: 0, scope: "shared" });
    expect(state?.retryAfterMs).toBeGreaterThan(143_900 - (Date.now() - began));
    expect(state?.retryAfterMs).toBeLessThanOrEqual(144_000);
  });

  it("use up nothing of the others when one of them is reached, and give tokens back evenly", async () => {
    const rules = [user(1), { for: "tenant", requests: 3, period: 3_600_000 }] as const;
    const limits = await replica(rules, "b:");
    expect((await take(limits)).allowed).toBe(true);
    for (let at = 0; at < 20; at += 1) {
      expect(await take(limits)).toMatchObject({ allowed: false, kind: "user" });
    }
    expect((await take(limits, { ...alice, id: "bob" })).allowed).toBe(true);
    expect((await take(limits, { ...alice, id: "carol" })).allowed).toBe(true);
    expect(await take(limits, { ...alice, id: "dave" })).toMatchObject({ allowed: false, kind: "tenant" });

    // At once: Redis has all of them before there is another token.
    const quick = await replica([user(20, { period: 20_000, burst: 2 })], "c:");
    const taken = await Promise.all([take(quick), take(quick), take(quick)]);
    expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    await vi.waitFor(async () => expect((await take(quick)).allowed).toBe(true));
    // Keys end when their buckets are full.
    await vi.waitFor(async () => expect(await redis.command("EXISTS", "c:rate:user")).toContain(":0"));
    expect(await redis.command("KEYS", "b:*")).toContain("b:rate:tenant * =acme");
  });

  it("are reset for all replicas, and survive a rule that has become smaller and a clock that was set back", async () => {
    const [one, two] = await Promise.all([replica([user(2)], "d:"), replica([user(2)], "d:")]);
    await take(one);
    await take(one);
    expect((await take(two)).allowed).toBe(false);
    expect(await one.reset({ kind: "user", name: "alice", within: "acme" })).toMatchObject({
      remaining: 2,
      scope: "shared",
    });
    expect((await take(two)).allowed).toBe(true);
    const large = await replica([user(1_000_000)], "e:");
    for (let at = 0; at < 3; at += 1) {
      await take(large);
    }
    const small = await replica([user(1, { period: 1_000 })], "e:");
    await vi.waitFor(async () => expect((await take(small)).allowed).toBe(true), { timeout: 5_000 });
  });

  it("become those of each replica at once when Redis hangs, go on from what was known, and come back", async () => {
    const limits = await replica([user(5)], "f:", 2_000);
    await take(limits);
    await take(limits);
    redis.freeze();
    const started = performance.now();
    const first = await take(limits);
    const waited = performance.now() - started;
    expect(first).toEqual({ allowed: true, scope: "fallback" });
    expect(waited).toBeGreaterThan(1_990);
    // No call waits again: all of these together take less than one time limit.
    const again = performance.now();
    const more = [];
    for (let at = 0; at < 5; at += 1) {
      more.push(await take(limits));
    }
    expect(performance.now() - again).toBeLessThan(waited);
    expect(more.map(({ allowed }) => allowed)).toEqual([true, true, false, false, false]);
    expect(new Set(more.map(({ scope }) => scope))).toEqual(new Set(["fallback"]));
    expect(fallbacks).toBe(6);
    expect(await limits.reset({ kind: "user", name: "alice", within: "acme" })).toMatchObject({
      scope: "fallback",
    });
    redis.thaw();
    await vi.waitFor(async () => expect((await take(limits)).scope).toBe("shared"));
    expect(told).toEqual(["up", "timeout", "up"]);
  });

  it("do the same when Redis is killed, and when it takes no writes", async () => {
    const limits = await replica([user(1_000)], "g:");
    expect((await take(limits)).scope).toBe("shared");
    await redis.kill();
    await vi.waitFor(async () => expect((await take(limits)).scope).toBe("fallback"));
    expect((await take(limits)).scope).toBe("fallback");
    await redis.restart();
    await vi.waitFor(async () => expect((await take(limits)).scope).toBe("shared"));

    await redis.command("REPLICAOF", "127.0.0.1", "1");
    await vi.waitFor(async () => expect((await take(limits)).scope).toBe("fallback"));
    expect(told.at(-1)).toBe("refused");
    await redis.command("REPLICAOF", "NO", "ONE");
    await vi.waitFor(async () => expect((await take(limits)).scope).toBe("shared"));
  });

  it("tell of a server that takes the probe and nothing else less and less often", async () => {
    const limits = await replica([user(1_000)], "h:");
    // Another type than a script expects.
    const key = "h:rate:user\u0020=acme\u0020=alice";
    await redis.command("EVAL", `"redis.call('LPUSH',KEYS[1],'x')"`, "1", JSON.stringify(key));
    const until = performance.now() + 1_000;
    let calls = 0;
    while (performance.now() < until) {
      expect((await take(limits)).scope).toBe("fallback");
      calls += 1;
    }
    expect(calls).toBeGreaterThan(told.length);
    expect(told.length).toBeLessThan(40);
    expect(told).toContain("refused");
  });
});
