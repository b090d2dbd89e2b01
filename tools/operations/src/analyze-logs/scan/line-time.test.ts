import { describe, expect, test } from "vitest";
import { lineTime } from "./line-time.ts";

const timeOf = (timestamp: string): number | null => {
  const line = `{"level":"info","timestamp":"${timestamp}","message":"m"}`;
  return lineTime(line, 0, line.length);
};

describe("the time of a line in the logger's form", () => {
  test.each([
    "2026-11-20T10:00:00.000Z",
    "2026-11-20T23:59:59.999Z",
    "2026-11-21T00:00:00.001Z",
    "1970-01-01T00:00:00.000Z",
    "2028-02-29T12:34:56.789Z",
    "2026-02-30T12:34:56.789Z",
    "2026-11-20T24:00:00.000Z",
  ])("%s is what JavaScript says of it", (timestamp) => {
    expect(timeOf(timestamp)).toBe(Date.parse(timestamp));
  });

  test.each(["2026-13-01T00:00:00.000Z", "2026-11-20T10:60:00.000Z", "2026-11-20T25:00:00.000Z", "soon"])(
    "%s is none",
    (timestamp) => {
      expect(timeOf(timestamp)).toBeNull();
    },
  );
});
