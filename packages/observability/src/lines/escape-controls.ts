/**
 * Within JSON only the controls below U+0020 must be escaped. Of the others U+0085, U+2028 and U+2029 end a line for
 * readers that take a body apart by lines, and the rest steer terminals.
 */
const RAW = /[\u007f-\u009f\u2028\u2029]/g;

const DELETE = "\u007f";

/** JSON in which every control character is escaped, and its bytes in UTF-8. */
export interface Escaped {
  readonly text: string;
  readonly bytes: number;
}

/** The same JSON, with every control character escaped, and U+FFFD where half a character stands alone. */
export function escapeControls(json: string): Escaped {
  const bytes = Buffer.byteLength(json);
  // A byte for each character: it is ASCII, as most events are, of which only one control stands in JSON unescaped.
  if (bytes === json.length && !json.includes(DELETE)) {
    return { text: json, bytes };
  }
  const text = json
    .toWellFormed()
    .replace(RAW, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return { text, bytes: Buffer.byteLength(text) };
}
