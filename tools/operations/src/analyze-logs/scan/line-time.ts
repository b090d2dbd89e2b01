/** How our logger begins each line; lines in this form need not be parsed to learn their time. */
const OWN_FORM = /\{"level":"[a-z]{4,5}","timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/y;

/**
 * When the line that begins at `at` was written, in milliseconds since 1970; `null` where it does not say. A line in our
 * logger's form is not parsed for that; any other line of JSON is.
 */
export function lineTime(text: string, at: number, end: number): number | null {
  OWN_FORM.lastIndex = at;
  const written = OWN_FORM.exec(text)?.[1];
  return written === undefined ? timeOfJson(text.slice(at, end)) : Date.parse(written);
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
