import { parseMoment } from "./moment.ts";

/** From `from` on and before `to`, in milliseconds since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Flags of every command that looks at a stretch of time, as they were written. */
export interface TimeRangeFlags {
  readonly last?: number;
  readonly since?: string;
  readonly until?: string;
}

/**
 * The range that the flags name: `--last` up to now, or `--since` with `--until`. Times that count back are taken from
 * the same `now`. Throws `RangeError` where they name none, or two.
 */
export function timeRange(
  { last, since, until }: TimeRangeFlags,
  now: number,
  defaultLast: number,
): TimeRange {
  if (last !== undefined && since !== undefined) {
    throw new RangeError("--last and --since both say where to begin: say one of them");
  }
  const to = until === undefined ? now : parseMoment(until, now);
  const from = since === undefined ? to - (last ?? defaultLast) : parseMoment(since, now);
  if (from >= to) {
    throw new RangeError(
      `there is no time between ${new Date(from).toISOString()} and ${new Date(to).toISOString()}`,
    );
  }
  return { from, to };
}
