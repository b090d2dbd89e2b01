/** How our logger begins each line; lines in this form need not be parsed to learn their time. */
const OWN_FORM =
  /\{"level":"[a-z]{4,5}","timestamp":"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z"/y;
/** From the year to `Z"`. */
const TIME_LENGTH = '2026-11-20T10:00:00.000Z"'.length;
const DATE_LENGTH = "2026-11-20".length;

/**
 * When the line that begins at `at` was written, in milliseconds since 1970; `null` where it does not say. A line in our
 * logger's form is not parsed for that; any other line of JSON is.
 */
export function lineTime(text: string, at: number, end: number): number | null {
  OWN_FORM.lastIndex = at;
  return OWN_FORM.test(text)
    ? readTime(text, OWN_FORM.lastIndex - TIME_LENGTH)
    : timeOfJson(text.slice(at, end));
}

/** The date of the line before is that of nearly every line: to ask `Date` about each takes longer than all else. */
let day = { date: "", begins: Number.NaN };

function readTime(text: string, at: number): number | null {
  const date = text.slice(at, at + DATE_LENGTH);
  if (date !== day.date) {
    day = { date, begins: Date.parse(`${date}T00:00:00.000Z`) };
  }
  const digits = (from: number, count: number): number => {
    let value = 0;
    for (let place = at + from; place < at + from + count; place += 1) {
      value = value * 10 + text.charCodeAt(place) - 0x30;
    }
    return value;
  };
  const ms = ((digits(11, 2) * 60 + digits(14, 2)) * 60 + digits(17, 2)) * 1_000 + digits(20, 3);
  // There is no thirteenth month.
  return Number.isNaN(day.begins) ? null : day.begins + ms;
}

function timeOfJson(line: string): number | null {
  if (!line.startsWith("{")) {
    return null;
  }
  try {
    return timeOf(JSON.parse(line) as Record<string, unknown>);
  } catch {
    return null;
  }
}

/** The time that a record bears, in milliseconds since 1970. */
export function timeOf(record: Readonly<Record<string, unknown>>): number | null {
  const { timestamp } = record;
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
