import type { Span } from "./query.ts";

/**
 * Reads points of a span, by time, until there are `limit` of them: in stretches of whole intervals, each twice as long as the one before.
 * A page of a long span costs what it shows, and not all that comes after it; one of a span with little in it takes few statements.
 *
 * @param read gives points of a stretch, at most so many
 */
export async function inStretches<T>(
  { from, to }: Span,
  intervalMs: number,
  limit: number,
  read: (stretch: Span, limit: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const points: T[] = [];
  let intervals = FIRST;
  for (let start = from; start < to && points.length < limit;) {
    const end = Math.min(to, (Math.floor(start / intervalMs) + intervals) * intervalMs);
    points.push(...(await read({ from: start, to: end }, limit - points.length)));
    start = end;
    intervals *= 2;
  }
  return points;
}

/** A day of hours. */
const FIRST = 24;
