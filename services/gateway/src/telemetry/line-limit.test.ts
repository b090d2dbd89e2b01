import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLineLimit } from "./line-limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function limited() {
  const lines: string[] = [];
  let suppressed = 0;
  const limit = createLineLimit(() => (suppressed += 1));
  return {
    lines,
    suppressed: () => suppressed,
    write: (source: string, times = 1) => {
      for (let time = 0; time < times; time += 1) {
        limit.write(
          source,
          () => lines.push(source),
          (count) => lines.push(`${source}: ${count} more`),
        );
      }
    },
  };
}

describe("lines that one source can cause", () => {
  it("are bounded for each, and what was left out is counted when the flood stops", () => {
    const { lines, suppressed, write } = limited();
    write("a", 1_000_000);
    write("b", 3);
    expect([
      lines.filter((line) => line === "a").length,
      lines.filter((line) => line === "b").length,
    ]).toEqual([20, 3]);
    expect(suppressed()).toBe(999_980);
    vi.advanceTimersByTime(10_000);
    expect(lines.slice(23)).toEqual(["a: 999980 more"]);
    write("a");
    expect(lines.at(-1)).toBe("a");
  });

  it("are bounded however many sources there are", () => {
    const { lines, write } = limited();
    write("first", 30);
    for (let source = 0; source < 5_000; source += 1) {
      write(`source ${source}`);
    }
    expect(lines).toContain("first: 10 more");
    expect(vi.getTimerCount()).toBe(0);
  });
});
