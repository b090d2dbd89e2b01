/** A message, as some client reads it. */
export type Seen = Readonly<Record<string, unknown>>;

/** What readers that do not keep to the standard make of a stream, each in its own way. */
export function looseReadings(text: string): Seen[][] {
  const lineEnds = [/\n/, /\r\n|\n|\r/, /\r\n|[\n\r\v\f\u0085\u2028\u2029]/];
  const prefixes = [/^data: /, /^\s*data\s*:\s*/i, /^\ufeff?data: ?/, /^.*?data: ?/];
  return lineEnds.flatMap((ends) =>
    prefixes.map((prefix) =>
      text
        .split(ends)
        .filter((line) => prefix.test(line))
        .flatMap((line) => parsed(line.replace(prefix, ""))),
    ),
  );
}

function parsed(text: string): Seen[] {
  try {
    const value = JSON.parse(text) as Seen | Seen[];
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}
