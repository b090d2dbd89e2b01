/** Line ends, and what some readers take for line ends (Python's `splitlines`, Node's `readline`). */
const LINE_ENDS = /[\n\r\u0085\u2028\u2029]/g;

/** The same in UTF-8, whose bytes are read as one character each. */
const LINE_ENDS_IN_BYTES = /[\n\r]|\u00c2\u0085|\u00e2\u0080[\u00a8\u00a9]/g;

const ESCAPED: Readonly<Record<string, string>> = {
  // Valid JSON has these between its tokens only; the others can also stand in strings, where they can be escaped.
  "\n": " ",
  "\r": " ",
  "\u0085": "\\u0085",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** The same JSON, which no reader takes for more than one line. */
export function textOnOneLine(json: string): string {
  return json.replace(LINE_ENDS, (end) => ESCAPED[end] ?? end);
}

const NEEDLES = Object.keys(ESCAPED).map((end) => Buffer.from(end));

/** The same of JSON as it came, of which no other byte is touched. */
export function bytesOnOneLine(json: Buffer): Buffer {
  if (!NEEDLES.some((end) => json.includes(end))) {
    return json;
  }
  const line = json
    .toString("latin1")
    .replace(LINE_ENDS_IN_BYTES, (end) => ESCAPED[Buffer.from(end, "latin1").toString("utf8")] ?? end);
  return Buffer.from(line, "latin1");
}
