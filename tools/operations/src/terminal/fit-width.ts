import { COLOUR } from "./style.ts";

/** Characters that take two columns: East Asian wide and full-width forms, and pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COLOUR_FIRST = new RegExp(`^${COLOUR.source}`, "u");

const COLOURS = new RegExp(COLOUR.source, "gu");

/** How many columns a text takes. Colours take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(COLOURS, "")) {
    width += columnsOf(character);
  }
  return width;
}

function columnsOf(character: string): number {
  return character > "\u10ff" && WIDE.test(character) ? 2 : 1;
}
/** A line cut such that a terminal of that many columns does not wrap it. Colours take no room, and are ended. */
export function fitWidth(line: string, columns: number): string {
  let [width, at, last] = [0, 0, 0];
  while (at < line.length) {
    const colour = COLOUR_FIRST.exec(line.slice(at, at + 8));
    if (colour !== null) {
      at += colour[0].length;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0);
    width += columnsOf(character);
    if (width > columns) {
      const kept = line.slice(0, last);
      return `${kept}…${kept.includes("\u001b") ? "\u001b[0m" : ""}`;
    }
    at += character.length;
    // Up to here there is room for the mark that says that something was cut.
    last = width < columns ? at : last;
  }
  return line;
}
