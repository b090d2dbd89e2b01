/** Controls, line and paragraph separators, and what turns the direction of text: what a terminal or a log reader would act on. */
// oxlint-disable-next-line no-control-regex
const ACTING = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of a foreign program as text that only says what it says. */
export function printable(line: string): string {
  return line.replace(ACTING, (character) => {
    if (character === "\t") {
      return "  ";
    }
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
