import { COLOUR } from "./style.ts";

/** What steers a terminal, or breaks a line. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** The same of a text of several lines, and the only sequences that our own text has: colours. */
const STEERING_OR_COLOUR = new RegExp(
  `${COLOUR.source}|\\r(?!\\n)|[^\\P{Cc}\\r\\n\\t]|[\\p{Cf}\\p{Zl}\\p{Zp}]`,
  "gu",
);
const WHOLE_COLOUR = new RegExp(`^${COLOUR.source}$`, "u");

/** One line of a text that came from elsewhere: it can neither steer the terminal nor pass for two lines. */
export function oneLine(text: string): string {
  return text.replace(STEERING, " ");
}

/** Lines of texts, each of which stays one. */
export function formatLines(lines: readonly string[]): string {
  return lines.map((line) => `${inert(line).replace(/[\r\n\t]+/g, " ")}\n`).join("");
}

/** A text of lines that cannot steer the terminal; it may be coloured. */
export function inert(text: string): string {
  return text.replace(STEERING_OR_COLOUR, (found) => (WHOLE_COLOUR.test(found) ? found : " "));
}

/** JSON in which what steers terminals is escaped. It is the same JSON: outside of texts it has no such character but newlines. */
export function inertJson(json: string): string {
  return json.replace(/[^\P{Cc}\r\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    found.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** A value as one line of JSON, which is what `--json` prints. */
export function jsonLine(value: unknown): string {
  return `${inertJson(JSON.stringify(value))}\n`;
}
