import { widthOf } from "./fit-width.ts";

/** Lines of a text, none wider than `width`. They end between words, and within one where it is wider than a line. */
export function wrapText(text: string, width: number): string[] {
  if (widthOf(text) <= width) {
    return [text];
  }
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = "";
    } else if (line !== "") {
      line += " ";
    }
    for (const character of word) {
      if (widthOf(line) + widthOf(character) > width && line !== "") {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line];
}
