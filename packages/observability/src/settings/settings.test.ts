import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { byteSizeSchema, formatByteSize, parseByteSize } from "./byte-size.ts";
import { formatDuration, parseDuration } from "./duration-text.ts";
import { durationSchema } from "./duration.ts";

const messagesOf = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe("a duration", () => {
  it.each([
    ["0s", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["2m", 120_000],
    ["12h", 43_200_000],
    ["90d", 7_776_000_000],
  ])("%s is read, and written as it was", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it.each([
    "",
    "30",
    "s",
    "-1s",
    "+1s",
    "1.5s",
    "1e3s",
    "030s",
    "30 s",
    " 30s",
    "30s\n",
    "30S",
    "1h30m",
    "30sec",
    "9007199254740993ms",
    "999999999999999d",
    "٣s",
  ])("is not %j", (text) => expect(() => parseDuration(text)).toThrow(RangeError));

  it.each([30_000, 0, null, true, ["30s"], { s: 30 }, "30", "30S"])(
    "of a setting is not %j, and the error shows one",
    (value) => {
      expect(messagesOf(durationSchema(), value)).toEqual([
        'must be a whole number with a unit (ms, s, m, h or d), such as "30s"',
      ]);
    },
  );

  it("of a setting is within its bounds, which errors and the type show as they are written", () => {
    const schema = durationSchema({ min: "100ms", max: "1m", multipleOf: "50ms" });
    expect(schema.parse("1m")).toBe(60_000);
    expect(messagesOf(schema, "50ms")).toEqual(["must be at least 100ms"]);
    expect(messagesOf(schema, "2m")).toEqual(["must be at most 1m"]);
    expect(messagesOf(schema, "120ms")).toEqual(["must be a multiple of 50ms"]);
    expect(messagesOf(schema, "999999999999999d")).toEqual(["must be at most 1m"]);
    expect(schema.meta()?.title).toBe("duration, 100ms to 1m");
  });

  it("of a setting is never longer than a timer can wait, and never 0, unless its bounds say so", () => {
    expect(messagesOf(durationSchema(), "25d")).toEqual(["must be at most 24d"]);
    expect(messagesOf(durationSchema(), "0s")).toEqual(["must be at least 1ms"]);
    expect(durationSchema({ min: "0s", max: "36500d" }).parse("36500d")).toBe(36_500 * 86_400_000);
  });
});

describe("a size", () => {
  it.each([
    ["0B", 0],
    ["1000000B", 1_000_000],
    ["64KiB", 65_536],
    ["4MiB", 4_194_304],
    ["1GiB", 1_073_741_824],
  ])("%s is read, and written as it was", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
    expect(formatByteSize(bytes)).toBe(text);
  });

  it.each([
    "",
    "64",
    "64KB",
    "64kB",
    "64K",
    "64kib",
    "64Ki",
    "1.5MiB",
    "-1B",
    "064KiB",
    "64 KiB",
    "999999999999GiB",
  ])("is not %j", (text) => expect(() => parseByteSize(text)).toThrow(RangeError));

  it.each([65_536, null, "65536", "64KB"])("of a setting is not %j, and the error shows one", (value) => {
    expect(messagesOf(byteSizeSchema(), value)).toEqual([
      'must be a whole number with a unit (B, KiB, MiB or GiB), such as "64KiB"',
    ]);
  });

  it("of a setting is within its bounds", () => {
    const schema = byteSizeSchema({ min: "2KiB", max: "1MiB" });
    expect(schema.parse("2048B")).toBe(2_048);
    expect(messagesOf(schema, "1KiB")).toEqual(["must be at least 2KiB"]);
    expect(messagesOf(schema, "1GiB")).toEqual(["must be at most 1MiB"]);
    expect(messagesOf(byteSizeSchema(), "0B")).toEqual(["must be at least 1B"]);
    expect(schema.meta()?.title).toBe("size, 2KiB to 1MiB");
  });
});
