import { describe, expect, it } from "vitest";
import { payerOf } from "../quotas/budget-book.ts";
import { createRuleBook } from "../limits/rules.ts";
import { subjectOf } from "../limits/subjects.ts";

const TENANTS = ["acme", "ACME", "\uFF21cme", "ac\u200Bme"];

describe("tenants whose names are spelled alike [GTW-3] [GTW-4]", () => {
  it("have buckets and budgets apart, and so have their users", () => {
    for (const of of [
      (tenant: string) => subjectOf("tenant", tenant, null).key,
      (tenant: string) => subjectOf("user", "alice", tenant).key,
      (tenant: string) => subjectOf("agent", "helper", tenant).key,
      (tenant: string) => payerOf("tenant", tenant, null).key,
      (tenant: string) => payerOf("user", "alice", tenant).key,
    ]) {
      const keys = TENANTS.map(of);
      expect(new Set(keys).size).toBe(TENANTS.length);
      for (const key of keys) {
        expect(key.split(" ")).toHaveLength(3);
      }
    }
  });

  it("have the rules of one name all the same", () => {
    const book = createRuleBook([{ for: "tenant", name: "acme", requests: 1, period: 60_000 }]);
    for (const tenant of TENANTS) {
      expect(book.find(subjectOf("tenant", tenant, null))).toMatchObject({ named: true });
    }
  });

  it("and users, tools and servers of one spelling or another are one", () => {
    expect(subjectOf("user", "Alice", "acme").key).toBe(subjectOf("user", "alice", "acme").key);
    expect(subjectOf("tool", "Search", "srv").key).toBe(subjectOf("tool", "search", "srv").key);
    expect(payerOf("user", "Alice", "acme").key).toBe(payerOf("user", "alice", "acme").key);
  });
});
