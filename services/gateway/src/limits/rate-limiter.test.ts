import { describe, expect, it } from "vitest";
import type { Principal } from "../domain/principal.ts";
import type { LimitDecision, LimitedCall, LimitKind } from "../domain/rate-limits.ts";
import { createRateLimits } from "./rate-limiter.ts";
import type { Rule } from "./rules.ts";

function person(id: string, more: Partial<Principal> = {}): Principal {
  return { id, type: "user", actor: null, tenant: null, roles: [], attributes: {}, method: "jwt", ...more };
}

function limited(rules: readonly Rule[], options: { maxSubjects?: number; tools?: readonly string[] } = {}) {
  const overflowed: LimitKind[] = [];
  const clock = { now: 1_000 };
  const limits = createRateLimits({
    rules,
    maxSubjects: options.maxSubjects ?? 100,
    shared: null,
    exists: (_server, tool) => tool === null || (options.tools ?? ["echo"]).includes(tool),
    observer: { overflowed: (kind) => void overflowed.push(kind), fellBack: () => undefined },
    now: () => clock.now,
  });
  /** As a call that policy permits. */
  const take = (call: Partial<LimitedCall> & { principal: Principal }) => {
    const all = { server: "files", tool: "echo", ...call };
    const own = limits.take(all, "own") as LimitDecision;
    return own.allowed ? (limits.take(all, "common") as LimitDecision) : own;
  };
  const allowed = (call: Partial<LimitedCall> & { principal: Principal }) => take(call).allowed;
  return { limits, take, allowed, clock, overflowed };
}

const rule = (kind: LimitKind, requests: number, more: Partial<Rule> = {}): Rule => ({
  for: kind,
  requests,
  period: 60_000,
  ...more,
});

describe("limits of a call [GTW-3]", () => {
  it("count each user, agent, tool, server and tenant for itself, and say which one is reached, and for how long", () => {
    const cases: readonly (readonly [LimitKind, Partial<LimitedCall> & { principal: Principal }])[] = [
      ["user", { principal: person("alice") }],
      ["agent", { principal: person("bot", { type: "agent" }) }],
      ["agent", { principal: person("alice", { actor: "assistant" }) }],
      ["tool", { principal: person("alice"), tool: "echo" }],
      ["server", { principal: person("alice") }],
      ["tenant", { principal: person("alice", { tenant: "acme" }) }],
    ];
    for (const [kind, call] of cases) {
      const { take, allowed } = limited([rule(kind, 2)]);
      expect([kind, allowed(call), allowed(call)]).toEqual([kind, true, true]);
      expect(take(call)).toMatchObject({ allowed: false, kind, scope: "process" });
      expect((take(call) as { retryAfterMs: number }).retryAfterMs).toBeCloseTo(30_000, 0);
    }
    const { allowed } = limited([rule("user", 1)]);
    expect(allowed({ principal: person("alice") })).toBe(true);
    expect(allowed({ principal: person("bob") })).toBe(true);
    // In another tenant the same id is another person; an agent is no user.
    expect(allowed({ principal: person("alice", { tenant: "acme" }) })).toBe(true);
    expect(allowed({ principal: person("alice", { type: "agent" }) })).toBe(true);
    expect(allowed({ principal: person("alice") })).toBe(false);
  });

  it("are not reset by another spelling of a name, nor by other roles, attributes or ways to authenticate", () => {
    const { allowed } = limited([rule("tool", 1), rule("user", 100)], { tools: [] });
    expect(allowed({ principal: person("alice"), tool: "Straße" })).toBe(true);
    for (const tool of ["strasse", "STRASSE", "S\u200dtraße", "ſtraße", "Straße\u0000"]) {
      expect([tool, allowed({ principal: person("bob"), tool })]).toEqual([tool, false]);
    }
    const users = limited([rule("user", 1)]);
    expect(users.allowed({ principal: person("José") })).toBe(true);
    const again = person("JOSE\u0301", { method: "api_key", roles: ["admin"], attributes: { a: 1 } });
    expect(users.allowed({ principal: again })).toBe(false);
  });

  it("use up nothing of the others when one of them is reached", () => {
    const { allowed } = limited([rule("user", 1), rule("tenant", 3)]);
    const alice = person("alice", { tenant: "acme" });
    expect(allowed({ principal: alice })).toBe(true);
    for (let at = 0; at < 50; at += 1) {
      expect(allowed({ principal: alice })).toBe(false);
    }
    expect(allowed({ principal: person("bob", { tenant: "acme" }) })).toBe(true);
    expect(allowed({ principal: person("carol", { tenant: "acme" }) })).toBe(true);
    expect(allowed({ principal: person("dave", { tenant: "acme" }) })).toBe(false);
  });

  it("follow the most specific rule", () => {
    const { allowed } = limited([
      rule("user", 1),
      rule("user", 2, { tenant: "acme" }),
      rule("user", 3, { name: "Alice" }),
      rule("user", 4, { name: "alice", tenant: "acme" }),
    ]);
    const count = (principal: Principal) => {
      let calls = 0;
      while (allowed({ principal })) {
        calls += 1;
      }
      return calls;
    };
    expect(count(person("bob"))).toBe(1);
    expect(count(person("bob", { tenant: "acme" }))).toBe(2);
    expect(count(person("alice", { tenant: "globex" }))).toBe(3);
    expect(count(person("alice", { tenant: "acme" }))).toBe(4);
  });

  it("hold no more than their bound, forget no bucket that is not full, and let no made-up name take a real one's place", () => {
    const { allowed, overflowed, limits, clock } = limited([rule("tool", 2), rule("user", 1_000_000)], {
      maxSubjects: 100,
    });
    const mallory = person("mallory");
    expect(allowed({ principal: mallory, tool: "made-up" })).toBe(true);
    for (let at = 0; at < 5_000; at += 1) {
      allowed({ principal: mallory, tool: `made-up-${at}` });
    }
    expect(limits.subjects).toBeLessThan(110);
    expect(overflowed.length).toBeGreaterThan(4_000);
    // Once more and no more: it was not forgotten meanwhile.
    expect(allowed({ principal: mallory, tool: "made-up" })).toBe(true);
    expect(allowed({ principal: mallory, tool: "made-up" })).toBe(false);
    // All that have no bucket of their own share one.
    expect(allowed({ principal: mallory, tool: "made-up-4999" })).toBe(false);
    expect(allowed({ principal: person("bob"), tool: "echo" })).toBe(true);
    expect(allowed({ principal: person("bob"), tool: "echo" })).toBe(true);
    expect(allowed({ principal: person("bob"), tool: "echo" })).toBe(false);
    // Those that are full again make room.
    clock.now += 60_000;
    overflowed.length = 0;
    expect(allowed({ principal: mallory, tool: "another" })).toBe(true);
    expect(overflowed).toEqual([]);
  });

  it("can be looked at and reset", async () => {
    const { limits, allowed } = limited([rule("user", 2)]);
    const alice = { kind: "user", name: "ALICE", within: null } as const;
    allowed({ principal: person("alice") });
    expect(await limits.state(alice)).toMatchObject({ remaining: 1, retryAfterMs: 0, scope: "process" });
    allowed({ principal: person("alice") });
    expect(await limits.state(alice)).toMatchObject({ remaining: 0 });
    expect(await limits.reset(alice)).toMatchObject({ remaining: 2, retryAfterMs: 0 });
    expect(allowed({ principal: person("alice") })).toBe(true);
    expect(await limits.state({ ...alice, kind: "tenant" })).toBeNull();
  });
});
