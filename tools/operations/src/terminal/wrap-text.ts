import { widthOf } from "./fit-width.ts";

/**
 * Lines of a text, none wider than `width` but those of one word that is. A word stays whole: ids, keys and URLs are copied, and what a
 * terminal wraps itself it copies in one piece.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of text.split(" ")) {
    if (line !== null && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === null ? word : `${line} ${word}`;
    }
  }
  return [...lines, line ?? ""];
}
