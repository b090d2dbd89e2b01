/** Line ends, and what some readers take for line ends (Python's `splitlines`, JavaScript before 2019). */
const LINE_ENDS = /[\n\r\u0085\u2028\u2029]/g;

/** Valid JSON has raw line ends between its tokens only; the others can also stand in strings, where they can be escaped. */
export function textOnOneLine(json: string): string {
  return json.replace(LINE_ENDS, (end) =>
    end === "\n" || end === "\r" ? " " : `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const LINE_BREAK = 0x0a;

/** The same of bytes as they came, for readers that know no other line ends than these two. */
export function bytesOnOneLine(json: Buffer): Buffer {
  if (!json.includes(CARRIAGE_RETURN) && !json.includes(LINE_BREAK)) {
    return json;
  }
  const line = Buffer.from(json);
  for (const [at, byte] of line.entries()) {
    if (byte === CARRIAGE_RETURN || byte === LINE_BREAK) {
      line[at] = SPACE;
    }
  }
  return line;
}
