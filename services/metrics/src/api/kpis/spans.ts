import { HttpError } from "../../errors/http-errors.ts";
import type { Span } from "../../kpis/query.ts";
import { DEFAULT_LIMIT, readCursor, writeCursor } from "../parameters/schemas.ts";
import type { SpanQuery } from "./schemas.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** A request must not read without bound. */
const MAX_HOURS = { hour: 31 * 24, day: 400 * 24 };

export function spanOf(
  { from, to }: Pick<SpanQuery, "from" | "to">,
  interval: "hour" | "day",
  now: number = Date.now(),
): Span {
  const end = to === undefined ? Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS : Date.parse(to);
  const start = from === undefined ? end - WEEK_MS : Date.parse(from);
  if (start >= end) {
    throw new HttpError("invalid_request", "from: must be before to", { field: "from" });
  }
  if (end - start > MAX_HOURS[interval] * HOUR_MS) {
    const message = `from: at most ${MAX_HOURS[interval] / 24} days before to`;
    throw new HttpError("invalid_request", message, { field: "from" });
  }
  return { from: start, to: end };
}

export function baselineOf(
  {
    baseline_from: from,
    baseline_to: to,
  }: { readonly baseline_from?: string | undefined; readonly baseline_to?: string | undefined },
  current: Span,
): Span {
  if ((from === undefined) !== (to === undefined)) {
    throw new HttpError("invalid_request", "baseline_from and baseline_to: both, or none", {
      field: "baseline_from",
    });
  }
  return from === undefined
    ? { from: 2 * current.from - current.to, to: current.from }
    : spanOf({ from, to }, "day");
}

/** Where the page before ended, in so many parts; `null` for the first page. */
export function positionOf(
  cursor: string | undefined,
  patterns: readonly RegExp[],
): readonly string[] | null {
  if (cursor === undefined) {
    return null;
  }
  const parts = readCursor(cursor, patterns.length);
  if (parts === null || !patterns.every((pattern, at) => pattern.test(parts[at] ?? ""))) {
    throw new HttpError("invalid_request", "cursor: is none of this list", { field: "cursor" });
  }
  return parts;
}

/** A time in milliseconds, a number, and a name or none: what stands in cursors. */
export const PARTS = {
  time: /^\d{1,15}$/,
  number: /^-?\d{1,30}(?:\.\d{1,20})?$/,
  // PostgreSQL keeps no NUL, and no half of a character.
  name: /^[^\0\p{Cs}]{0,400}$/u,
} as const;

/** Reads one entry more than it shows, to know whether there is more. */
export async function pageOf<T>(
  limit: number | undefined,
  read: (limit: number) => Promise<readonly T[]>,
  position: (last: T) => readonly string[],
): Promise<{ readonly entries: readonly T[]; readonly next_cursor: string | null }> {
  const size = limit ?? DEFAULT_LIMIT;
  const found = await read(size + 1);
  const entries = found.slice(0, size);
  const last = entries.at(-1);
  return {
    entries,
    next_cursor: found.length > size && last !== undefined ? writeCursor(position(last)) : null,
  };
}
