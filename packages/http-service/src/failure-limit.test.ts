import { describe, expect, it } from "vitest";
import { createFailureLimit } from "./failure-limit.ts";

function limitAt(start = 0) {
  const clock = { now: start };
  const limit = createFailureLimit({ max: 3, recoveryMs: 2_000 }, () => clock.now);
  const fail = (source: string, times = 1) => {
    for (let time = 0; time < times; time++) {
      limit.failed(source);
    }
  };
  return { clock, limit, fail };
}

describe("failures of a source", () => {
  it("make the next credential wait once there were too many, and no other source's [GTW-1]", () => {
    const { limit, fail } = limitAt();
    fail("a", 2);
    expect(limit.retryAfter("a")).toBe(0);
    fail("a");
    expect(limit.retryAfter("a")).toBe(2);
    expect(limit.retryAfter("b")).toBe(0);
  });

  it("are forgotten one by one [GTW-1]", () => {
    const { clock, limit, fail } = limitAt();
    fail("a", 3);
    clock.now = 1_500;
    expect(limit.retryAfter("a")).toBe(1);
    clock.now = 2_000;
    expect(limit.retryAfter("a")).toBe(0);
    fail("a");
    expect(limit.retryAfter("a")).toBe(2);
    clock.now = 8_000;
    fail("a", 2);
    expect(limit.retryAfter("a")).toBe(0);
  });

  it("that ended at once cost no longer a wait than one too many [GTW-1]", () => {
    const { limit, fail } = limitAt();
    fail("a", 500);
    expect(limit.retryAfter("a")).toBe(2);
  });

  it("of very many sources are remembered of the newest alone [GTW-1]", () => {
    const { limit, fail } = limitAt();
    fail("first", 3);
    for (let source = 0; source < 9_999; source++) {
      fail(`s${source}`);
    }
    expect(limit.retryAfter("first")).toBe(2);
    fail("first");
    fail("one more");
    expect(limit.retryAfter("first")).toBe(2);
    for (let source = 0; source < 10_000; source++) {
      fail(`t${source}`);
    }
    expect(limit.retryAfter("first")).toBe(0);
  });
});
