import { describe, expect, it } from "vitest";
import type { Decision } from "../domain/authorization.ts";
import { judgeByName } from "./judge-by-name.ts";

const allowed: Decision = {
  allow: true,
  code: "allowed",
  reason: "Developers may.",
  policies: ["developers"],
  engine: "opa",
  revision: "r1",
  decisionId: null,
  filteredParameters: { account: 1 },
  cacheTtlSeconds: 5,
  cached: false,
};

describe("judgeByName", () => {
  it("denies what could be another tool, without naming that one, and keeps nothing of the permission", async () => {
    const decision = await judgeByName(allowed, { server: "s", tool: "DELETE_ALL" }, async () => true);
    expect(decision).toMatchObject({
      allow: false,
      code: "ambiguous_name",
      policies: ["developers"],
      filteredParameters: null,
      cacheTtlSeconds: 0,
    });
    expect(decision.reason).not.toMatch(/delete/i);
  });

  it("leaves all else as it is", async () => {
    expect(await judgeByName(allowed, { server: "s", tool: "echo" }, async () => false)).toBe(allowed);
    const never = () => Promise.reject(new Error("was asked"));
    expect(await judgeByName(allowed, { server: "s", tool: null }, never)).toBe(allowed);
    expect(await judgeByName(allowed, { server: null, tool: null }, never)).toBe(allowed);
  });
});
