import { parseDuration } from "@sark/observability/forms";

/** What a person may write for a point in time; said where something else was written. */
export const MOMENT_FORMS = "24h (ago), now, today, yesterday, 2026-11-20 or 2026-11-20T10:00Z";

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/i;

/**
 * Milliseconds since 1970 of a point in time as an operator writes it: a duration before `now`, a day (its beginning, in
 * UTC), or RFC 3339 with the seconds left out where they are zero. Throws `RangeError` for all else, and for a time
 * without a zone, which means one hour here and another there.
 */
export function parseMoment(text: string, now: number): number {
  const midnight = Math.floor(now / DAY_MS) * DAY_MS;
  switch (text) {
    case "now":
      return now;
    case "today":
      return midnight;
    case "yesterday":
      return midnight - DAY_MS;
  }
  if (DATE.test(text)) {
    return parseDay(text);
  }
  const [, date, time, seconds = "00", fraction = "", zone] = DATE_TIME.exec(text) ?? [];
  if (date !== undefined && time !== undefined) {
    return parseDateTime(text, { date, time: `${time}:${seconds}`, fraction, zone });
  }
  return now - parseAge(text);
}

function parseAge(text: string): number {
  try {
    return parseDuration(text.replace(/ ago$/, ""));
  } catch (cause) {
    throw new RangeError(`"${text}" is no time: say ${MOMENT_FORMS}`, { cause });
  }
}

function parseDateTime(
  text: string,
  of: {
    readonly date: string;
    readonly time: string;
    readonly fraction: string;
    readonly zone: string | undefined;
  },
): number {
  const day = parseDay(of.date);
  if (of.zone === undefined) {
    throw new RangeError(`"${text}" has no time zone: say ${text}Z for UTC, or ${text}+01:00`);
  }
  const at = Date.parse(`${of.date}T${of.time}${of.fraction}${of.zone.toUpperCase()}`);
  // 24:00 would be the next day, which the parser takes for this one's end.
  if (Number.isNaN(at) || of.time.startsWith("24") || Number.isNaN(day)) {
    throw new RangeError(`"${text}" is no time that a clock shows`);
  }
  return at;
}

/** The parser takes 30 February for 1 March or for none, as it likes. */
function parseDay(date: string): number {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(date)) {
    throw new RangeError(`"${date}" is no day of the calendar`);
  }
  return at;
}
