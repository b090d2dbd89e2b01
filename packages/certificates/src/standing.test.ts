import { expect, it } from "vitest";
import { standingOf, type CertificateRole } from "./standing.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2027-01-01T00:00:00Z");
const period = (from: number, to: number) => ({ from: NOW + from, to: NOW + to });
const standing = (role: CertificateRole, ...periods: ReturnType<typeof period>[]) =>
  standingOf({ role, periods }, NOW, 14 * DAY);

it.each([
  ["a year, weeks before its end", period(-300 * DAY, 15 * DAY), "good"],
  ["a year, days before its end", period(-300 * DAY, 13 * DAY), "soon"],
  ["a week, as long as it is renewed in time", period(-5 * DAY, 2 * DAY), "good"],
  ["a week, in its last tenth", period(-6.5 * DAY, 0.5 * DAY), "soon"],
  ["an hour, in its last minutes", period(-0.95 * HOUR, 0.05 * HOUR), "soon"],
  ["a year, to the millisecond", period(-300 * DAY, 0), "ended"],
  ["a year, long ago", period(-800 * DAY, -400 * DAY), "ended"],
])("a certificate of %s [HLT-1]", (_of, valid, expected) => {
  for (const role of ["own", "authority", "revocation_list", "peer"] as const) {
    expect(standing(role, valid)).toBe(expected);
  }
});

it("is that of the worst link of a chain, and of authorities in part only [HLT-1]", () => {
  const [good, ended] = [period(-DAY, 365 * DAY), period(-2 * DAY, -DAY)];
  expect(standing("own", good, ended)).toBe("ended");
  expect(standing("authority", good, ended)).toBe("partly");
  expect(standing("authority", ended, ended)).toBe("ended");
  expect(standing("authority")).toBe("good");
});
