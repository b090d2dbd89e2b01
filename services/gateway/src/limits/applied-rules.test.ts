import { describe, expect, it } from "vitest";
import type { Principal } from "../domain/principal.ts";
import { LIMIT_GROUPS } from "../domain/rate-limits.ts";
import { createAppliedRules } from "./applied-rules.ts";
import { createRuleBook } from "./rules.ts";

const KINDS = { own: new Set(LIMIT_GROUPS.own), common: new Set(LIMIT_GROUPS.common) };

function principal(id: string, tenant: string | null): Principal {
  const rest = { type: "user", actor: null, roles: [], attributes: {}, method: "api_key" } as const;
  return { id, tenant, ...rest };
}

function rules() {
  const period = 1_000;
  const book = createRuleBook([
    { for: "user", requests: 1, period },
    { for: "tool", requests: 2, period },
    { for: "server", requests: 3, period },
    { for: "tenant", requests: 4, period },
  ]);
  let asked = 0;
  const counting: typeof book = {
    kinds: book.kinds,
    find(subject) {
      asked += 1;
      return book.find(subject);
    },
  };
  const appliedTo = createAppliedRules(counting, KINDS);
  const keys = (...call: Parameters<typeof appliedTo>) =>
    appliedTo(...call).map(({ subject }) => subject.key);
  return { appliedTo, keys, asked: () => asked };
}

describe("the rules that apply to a call", () => {
  it("are found out once for a principal, a server and a tool [GTW-3]", () => {
    const { keys, asked } = rules();
    const call = { principal: principal("ann", "acme"), server: "files", tool: "read" };
    const first = keys(call, "common");
    const before = asked();
    expect(keys({ ...call }, "common")).toEqual(first);
    expect(asked()).toBe(before);
  });

  it("are those of no other principal, server, tool or group, however these are spelt", () => {
    const { keys } = rules();
    const ann = principal("ann", "acme");
    const calls = [
      { principal: ann, server: "a", tool: "b" },
      { principal: ann, server: "a", tool: null },
      { principal: ann, server: null, tool: null },
      { principal: ann, server: "", tool: "" },
      { principal: ann, server: 'a","b', tool: "c" },
      { principal: ann, server: "a", tool: 'b","c' },
      { principal: principal("bob", "acme"), server: "a", tool: "b" },
      { principal: principal("ann", "other"), server: "a", tool: "b" },
    ];
    // In both orders, and against one that remembers nothing.
    for (const call of [...calls, ...calls.toReversed()]) {
      for (const group of ["own", "common"] as const) {
        expect(keys(call, group)).toEqual(rules().keys(call, group));
      }
    }
  });

  it("are remembered in a bounded number, and not for long names", () => {
    const { appliedTo, asked } = rules();
    const ann = principal("ann", null);
    const call = { principal: ann, server: "s", tool: "first" };
    const found = appliedTo(call, "common");
    expect(appliedTo(call, "common")).toBe(found);
    for (let at = 0; at < 64; at += 1) {
      appliedTo({ ...call, tool: `t${at}` }, "common");
    }
    const before = asked();
    expect(appliedTo(call, "common")).toEqual(found);
    expect(asked()).toBeGreaterThan(before);
    const long = { ...call, tool: "x".repeat(600) };
    expect(appliedTo(long, "common")).not.toBe(appliedTo(long, "common"));
  });
});
