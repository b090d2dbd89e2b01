import { describe, expect, test } from "vitest";
import { parseMoment } from "./moment.ts";
import { timeRange } from "./time-range.ts";

const NOW = Date.parse("2026-11-28T18:30:15.250Z");
const moment = (text: string) => new Date(parseMoment(text, NOW)).toISOString();

describe("a point in time", () => {
  test.each([
    ["24h", "2026-11-27T18:30:15.250Z"],
    ["30s", "2026-11-28T18:29:45.250Z"],
    ["30s ago", "2026-11-28T18:29:45.250Z"],
    ["now", "2026-11-28T18:30:15.250Z"],
    ["today", "2026-11-28T00:00:00.000Z"],
    ["yesterday", "2026-11-27T00:00:00.000Z"],
    ["2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["2026-11-20T10:00Z", "2026-11-20T10:00:00.000Z"],
    ["2026-11-20 10:00z", "2026-11-20T10:00:00.000Z"],
    ["2026-11-20T10:00:05.5+01:00", "2026-11-20T09:00:05.500Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(moment(text)).toBe(expected);
  });

  test.each([
    ["2026-11-20T10:00", /no time zone: say 2026-11-20T10:00Z for UTC/],
    ["2026-02-30", /no day of the calendar/],
    ["2026-13-01T10:00Z", /no day of the calendar/],
    ["2026-11-20T24:00Z", /no time that a clock shows/],
    ["2026-11-20T10:61Z", /no time that a clock shows/],
    ["2026-11-20T10:00+29:00", /no time that a clock shows/],
    ["1 week", /say 24h \(ago\), now, today, yesterday, 2026-11-20 or 2026-11-20T10:00Z/],
    ["1.5h", /is no time/],
    ["-1h", /is no time/],
    ["", /is no time/],
    ["1732790000", /is no time/],
  ])("%j is refused, and it is said what was meant", (text, message) => {
    expect(() => moment(text)).toThrow(message);
  });
});

describe("a range of time", () => {
  const HOUR = 3_600_000;
  test("is the last hour by default, and ends now", () => {
    expect(timeRange({}, NOW, HOUR)).toEqual({ from: NOW - HOUR, to: NOW });
  });

  test("is what --last says, before --until", () => {
    const range = timeRange({ last: HOUR, until: "today" }, NOW, 2 * HOUR);
    expect(range).toEqual({ from: Date.parse("2026-11-27T23:00Z"), to: Date.parse("2026-11-28T00:00Z") });
  });

  test("is from --since to --until, both counted back from the same moment", () => {
    expect(timeRange({ since: "24h", until: "1h" }, NOW, HOUR)).toEqual({
      from: NOW - 24 * HOUR,
      to: NOW - HOUR,
    });
  });

  test("has one beginning, and lasts", () => {
    expect(() => timeRange({ last: HOUR, since: "today" }, NOW, HOUR)).toThrow(/say one of them/);
    expect(() => timeRange({ since: "1h", until: "2h" }, NOW, HOUR)).toThrow(/no time between/);
    expect(() => timeRange({ last: 0 }, NOW, HOUR)).toThrow(/no time between/);
  });
});
