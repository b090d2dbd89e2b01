import { afterEach, describe, expect, it, vi } from "vitest";
import type { AuthorizationQuery, Decision } from "../../domain/authorization.ts";
import type { JsonObject } from "@sark/json";
import { canonicalJson } from "@sark/audit/json";
import { createCedarEngine } from "../cedar/cedar-engine.ts";
import type { CacheableEngine } from "../decisions.ts";
import { createPolicyDirectory } from "../testing/policy-directory.ts";
import { query, tool, user } from "../testing/queries.ts";
import { createRecordingObserver } from "../testing/recording-observer.ts";
import { createDecisionCache, type DecisionCacheOptions } from "./decision-cache.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) {
    await cleanup();
  }
});

/** An engine that decides as told, when told, and sees everything: the cache's own behaviour is what is tested. */
function scripted(decision: Partial<Decision> = {}) {
  let revision: string | null = "r1";
  let gate: Promise<void> = Promise.resolve();
  let next = decision;
  const asked: AuthorizationQuery[] = [];
  const engine: CacheableEngine = {
    name: "opa",
    async decide(query) {
      asked.push(query);
      const given = next;
      await gate;
      return { ...ALLOWED, revision, ...given };
    },
    visibleContext: canonicalJson,
    status: () => ({ engine: "opa", revision, policies: null, loadError: null }),
    check: async () => {},
    close: async () => {},
  };
  return {
    engine,
    asked,
    decideNext: (change: Partial<Decision>) => void (next = change),
    reload: (to: string | null) => void (revision = to),
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => (release = resolve));
      return () => release();
    },
  };
}

const ALLOWED: Decision = {
  allow: true,
  code: "allowed",
  reason: "because",
  policies: ["p"],
  engine: "opa",
  revision: "r1",
  decisionId: "d",
  filteredParameters: null,
  cacheTtlSeconds: 60,
  cached: false,
};

function cacheOf(engine: CacheableEngine, options: Partial<DecisionCacheOptions> = {}) {
  const observer = createRecordingObserver();
  return {
    observer,
    cache: createDecisionCache(engine, { ttlMs: 60_000, maxEntries: 100, observer, ...options }),
  };
}

describe("createDecisionCache", () => {
  it("decides what was asked before from memory, and says so [MET-2]", async () => {
    const { engine, asked } = scripted();
    const { cache, observer } = cacheOf(engine);
    expect(await cache.decide(query())).toEqual({ ...ALLOWED, cached: false });
    const again = await cache.decide(structuredClone(query()));
    expect(again).toEqual({ ...ALLOWED, cached: true, cacheTtlSeconds: expect.any(Number) as number });
    // It may not be kept longer than the first decision allowed.
    expect(again.cacheTtlSeconds).toBeLessThanOrEqual(60);
    expect(asked).toHaveLength(1);
    expect(cache.size()).toBe(1);
    expect([observer.seen("cacheMiss").length, observer.seen("cacheHit").length]).toEqual([1, 1]);
    // Only an engine decides: what nothing records is not told.
    expect(observer.seen("decided")).toEqual([]);
  });

  it("keeps denials by policy as well", async () => {
    const { engine, asked } = scripted({ allow: false, code: "denied_by_policy" });
    const { cache } = cacheOf(engine);
    await cache.decide(query());
    expect(await cache.decide(query())).toMatchObject({ allow: false, cached: true });
    expect(asked).toHaveLength(1);
  });

  const base = query({ context: { parameters: { a: 1, b: [1, 2] } } });
  it.each([
    ["principal", { principal: user("bob") }],
    ["roles", { principal: user("alice", { roles: ["admin"] }) }],
    ["tenant", { principal: user("alice", { tenant: "acme" }) }],
    ["tenant named null", { principal: user("alice", { tenant: "null" }) }],
    ["type", { principal: user("alice", { type: "agent" }) }],
    ["actor", { principal: user("alice", { actor: "bot" }) }],
    ["attributes", { principal: user("alice", { attributes: { x: 1 } }) }],
    ["action", { action: "gateway:resource:read" }],
    ["tool", { resource: tool("other") }],
    ["server", { resource: tool("echo", "low", "other") }],
    ["sensitivity", { resource: tool("echo", "high") }],
    [
      "kind of resource",
      { resource: { type: "prompt", server: "everything", name: "echo", sensitivity: "low" } },
    ],
    ["parameter", { context: { parameters: { a: 2, b: [1, 2] } } }],
    ["order in a list", { context: { parameters: { a: 1, b: [2, 1] } } }],
    ["type of a parameter", { context: { parameters: { a: "1", b: [1, 2] } } }],
    ["place of a parameter", { context: { a: 1, parameters: { b: [1, 2] } } }],
    ["request state", { context: { parameters: { a: 1, b: [1, 2] }, params: { requestState: "s" } } }],
    ["context", { context: { parameters: { a: 1, b: [1, 2] }, environment: "production" } }],
  ] satisfies [string, Partial<AuthorizationQuery>][])("does not mistake another %s", async (_what, over) => {
    const { engine, asked } = scripted();
    const { cache } = cacheOf(engine);
    await cache.decide(base);
    expect((await cache.decide({ ...base, ...over })).cached).toBe(false);
    expect(asked).toHaveLength(2);
  });

  it("knows equal parameters in another order", async () => {
    const { cache } = cacheOf(scripted().engine);
    await cache.decide(base);
    expect((await cache.decide({ ...base, context: { parameters: { b: [1, 2], a: 1 } } })).cached).toBe(true);
  });

  it.each(["policy_timeout", "policy_unavailable", "policy_error"] as const)(
    "never keeps %s",
    async (code) => {
      const { engine, asked, decideNext } = scripted({ allow: false, code, cacheTtlSeconds: 60 });
      const { cache } = cacheOf(engine);
      await cache.decide(query());
      decideNext({});
      expect(await cache.decide(query())).toMatchObject({ allow: true, cached: false });
      expect(asked).toHaveLength(2);
    },
  );

  it("keeps none longer than it allows, or than configured", async () => {
    const forbidden = scripted({ cacheTtlSeconds: 0 });
    const { cache } = cacheOf(forbidden.engine);
    await cache.decide(query());
    expect((await cache.decide(query())).cached).toBe(false);

    const brief = scripted();
    const short = cacheOf(brief.engine, { ttlMs: 20 }).cache;
    await short.decide(query());
    await vi.waitFor(async () => {
      await short.decide(query());
      expect(brief.asked.length).toBeGreaterThan(1);
    });
    const off = scripted();
    const none = cacheOf(off.engine, { ttlMs: 0 }).cache;
    await none.decide(query());
    await none.decide(query());
    expect(off.asked).toHaveLength(2);
  });

  it("drops everything when the policies change, even a decision that is under way", async () => {
    const { engine, asked, reload, hold } = scripted();
    const { cache } = cacheOf(engine);
    await cache.decide(query());
    reload("r2");
    const release = hold();
    const underWay = cache.decide(query());
    expect(cache.size()).toBe(0);
    reload("r3");
    release();
    await underWay;
    expect(cache.size()).toBe(0);
    expect((await cache.decide(query())).cached).toBe(false);
    expect(asked).toHaveLength(3);
  });

  it("asks once for identical queries at one time", async () => {
    const { engine, asked, hold } = scripted();
    const { cache, observer } = cacheOf(engine);
    const release = hold();
    const decisions = Array.from({ length: 50 }, async () => cache.decide(query()));
    release();
    const cached = (await Promise.all(decisions)).map((decision) => decision.cached);
    expect(cached.filter(Boolean)).toHaveLength(49);
    expect(asked).toHaveLength(1);
    expect(observer.seen("cacheHit")).toHaveLength(49);
  });

  it("shares a fault with those who waited for it, and forgets it", async () => {
    const { engine, decideNext, hold } = scripted({ allow: false, code: "policy_timeout" });
    const { cache, observer } = cacheOf(engine);
    const release = hold();
    const decisions = Array.from({ length: 2 }, async () => cache.decide(query()));
    release();
    expect((await Promise.all(decisions)).map(({ code }) => code)).toEqual([
      "policy_timeout",
      "policy_timeout",
    ]);
    expect(observer.seen("cacheHit")).toHaveLength(0);
    decideNext({});
    expect((await cache.decide(query())).allow).toBe(true);
  });

  it("stays within its bounds, in entries and in bytes", async () => {
    const { engine } = scripted();
    const { cache, observer } = cacheOf(engine, { maxEntries: 10 });
    for (let i = 0; i < 25; i++) {
      await cache.decide(query({ principal: user(`u${i}`) }));
    }
    expect(cache.size()).toBe(10);
    expect(observer.seen("evicted")).toHaveLength(15);

    const filtered: JsonObject = { text: "x".repeat(4_000) };
    const large = cacheOf(scripted({ filteredParameters: filtered }).engine, { maxEntries: 10 }).cache;
    for (let i = 0; i < 10; i++) {
      await large.decide(query({ principal: user(`u${i}`) }));
    }
    expect(large.size()).toBeLessThan(4);
  });

  it("asks the engine about what cannot be written down", async () => {
    let parameters: JsonObject = {};
    for (let level = 0; level < 100_000; level++) {
      parameters = { parameters };
    }
    const { engine, asked } = scripted();
    const { cache } = cacheOf(engine);
    await cache.decide(query({ context: parameters }));
    await cache.decide(query({ context: parameters }));
    expect(asked).toHaveLength(2);
  });
});

describe("a cache in front of Cedar", () => {
  async function cedarCache(text: string) {
    const directory = await createPolicyDirectory({ "a.cedar": text });
    const observer = createRecordingObserver();
    const engine = await createCedarEngine({
      directory: directory.path,
      observer,
      timeoutMs: 60_000,
      pollMs: 200,
    });
    const cache = createDecisionCache(engine, { ttlMs: 60_000, maxEntries: 100, observer });
    cleanups.push(
      () => cache.close(),
      () => directory.destroy(),
    );
    return { cache, directory };
  }

  it("looks at those parameters only that policies look at", async () => {
    const { cache } = await cedarCache(`
      permit(principal, action, resource) when { context has parameters && context.parameters.path like "/tmp/*" };`);
    const decide = (parameters: JsonObject) => cache.decide(query({ context: { parameters } }));
    expect(await decide({ path: "/tmp/a", content: "one" })).toMatchObject({ allow: true, cached: false });
    expect(await decide({ path: "/tmp/a", content: "another" })).toMatchObject({ allow: true, cached: true });
    expect(await decide({ path: "/etc/a", content: "one" })).toMatchObject({ allow: false, cached: false });
  });

  it("takes no key that servers may read as a named one for a key that no policy names", async () => {
    const { cache } = await cedarCache(`
      permit(principal, action, resource) unless { context.parameters has path };`);
    const decide = async (parameters: JsonObject) =>
      (await cache.decide(query({ context: { parameters } }))).allow;
    expect(await decide({ other: 1 })).toBe(true);
    expect(await decide({ Path: 1 })).toBe(false);
    expect(await decide({ Other: 1 })).toBe(true);
  });

  it("does not outlive a change of the policies", async () => {
    const { cache, directory } = await cedarCache("permit(principal, action, resource);");
    await cache.decide(query());
    expect((await cache.decide(query())).cached).toBe(true);
    await directory.replace("a.cedar", "forbid(principal, action, resource);");
    await vi.waitFor(async () => expect((await cache.decide(query())).allow).toBe(false), {
      timeout: 30_000,
    });
  });

  it("keeps decisions that depend on the time no longer than its minute", async () => {
    const { cache } = await cedarCache(`
      permit(principal, action, resource) when { context.time > datetime("2024-01-01T00:00:00Z") };`);
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.UTC(2025, 0, 1, 12, 0, 10));
      expect((await cache.decide(query())).cacheTtlSeconds).toBe(50);
      expect((await cache.decide(query({ context: { time: 1 } }))).cached).toBe(true);
      vi.setSystemTime(Date.UTC(2025, 0, 1, 12, 1, 0));
      expect((await cache.decide(query())).cached).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});
