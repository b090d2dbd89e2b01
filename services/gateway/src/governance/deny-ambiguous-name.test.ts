import { describe, expect, it } from "vitest";
import { denyAmbiguousName } from "./deny-ambiguous-name.ts";
import { ALLOWED } from "./testing/allowed.ts";

describe("denyAmbiguousName", () => {
  it("denies what could be another tool, without naming that one, and keeps nothing of the permission", async () => {
    const decision = await denyAmbiguousName(ALLOWED, { server: "s", tool: "DELETE_ALL" }, async () => true);
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
    expect(await denyAmbiguousName(ALLOWED, { server: "s", tool: "echo" }, async () => false)).toBe(ALLOWED);
    const never = () => Promise.reject(new Error("was asked"));
    expect(await denyAmbiguousName(ALLOWED, { server: "s", tool: null }, never)).toBe(ALLOWED);
    expect(await denyAmbiguousName(ALLOWED, { server: null, tool: null }, never)).toBe(ALLOWED);
  });
});
