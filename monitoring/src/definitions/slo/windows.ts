import type { Duration, Severity } from "../../domain/alert.ts";

/** A tier of burn rates: how fast a month's budget is used, over a long and a short window. */
export interface Tier {
  readonly factor: number;
  readonly long: Duration;
  readonly short: Duration;
  /** Minutes of the short window. */
  readonly shortMinutes: number;
  readonly for: Duration;
  readonly severity: Severity;
  readonly used: string;
  /** Minutes from one evaluation of its tests to the next. */
  readonly step: number;
}

/** Of the month's budget of errors, after which part of it an alert fires. */
export const TIERS: readonly Tier[] = [
  {
    factor: 14.4,
    step: 1,
    long: "1h",
    short: "5m",
    shortMinutes: 5,
    for: "2m",
    severity: "critical",
    used: "2 % in an hour",
  },
  {
    factor: 6,
    step: 5,
    long: "6h",
    short: "30m",
    shortMinutes: 30,
    for: "15m",
    severity: "critical",
    used: "5 % in 6 hours",
  },
  {
    factor: 3,
    step: 20,
    long: "1d",
    short: "2h",
    shortMinutes: 120,
    for: "1h",
    severity: "warning",
    used: "10 % in a day",
  },
  {
    factor: 1,
    step: 60,
    long: "3d",
    short: "6h",
    shortMinutes: 360,
    for: "3h",
    severity: "warning",
    used: "10 % in 3 days",
  },
];
export const WINDOWS = [...new Set(TIERS.flatMap(({ long, short }) => [long, short]))];
