/** A piece of a line in one look. */
export interface Span {
  /** From 0. */
  readonly column: number;
  readonly text: string;
  readonly color: Color;
  readonly isBold: boolean;
}

export const COLORS = ["text", "faint", "red", "green", "yellow", "blue", "magenta", "cyan"] as const;
export type Color = (typeof COLORS)[number];

interface Cell {
  readonly character: string;
  readonly color: Color;
  readonly isBold: boolean;
}

/** In the order of the codes from 31 on. */
const BY_CODE = ["red", "green", "yellow", "blue", "magenta", "cyan"] as const;
// oxlint-disable-next-line no-control-regex -- they are what a terminal is steered with.
const TOKEN = /\u001b\[([\d;?]*)([A-Za-z])|\r|\n|[^\u001b\r\n]/gu;

/**
 * What a terminal shows after this output: what was overwritten (progress) is not there. Of control sequences it knows those
 * that the command lines use: colors, the start of the line, erasing of a line.
 * @param columns how wide it is: what is longer goes on in the next line
 */
export function screenOf(output: string, columns: number): Span[][] {
  const lines: Cell[][] = [[]];
  let column = 0;
  let look: Omit<Cell, "character"> = { color: "text", isBold: false };
  for (const [token, parameters = "", final] of output.matchAll(TOKEN)) {
    if (final === undefined && token >= " " && column === columns) {
      lines.push([]);
      column = 0;
    }
    const line = lines.at(-1) ?? [];
    if (token === "\n") {
      lines.push([]);
      column = 0;
    } else if (token === "\r" || final === "G") {
      column = 0;
    } else if (final === "K") {
      line.length = parameters === "2" ? 0 : Math.min(line.length, column);
    } else if (final === "m") {
      look = parameters.split(";").map(Number).reduce(styled, look);
    } else if (final === undefined) {
      while (line.length < column) {
        line.push({ character: " ", color: "text", isBold: false });
      }
      line[column] = { character: token, ...look };
      column += 1;
    }
  }
  const shown = lines.map(spansOf);
  return shown.slice(0, shown.findLastIndex((spans) => spans.length > 0) + 1);
}

function styled(look: Omit<Cell, "character">, code: number): Omit<Cell, "character"> {
  switch (code) {
    case 0:
      return { color: "text", isBold: false };
    case 1:
      return { ...look, isBold: true };
    case 2:
      return { ...look, color: "faint" };
    case 22:
      return { color: look.color === "faint" ? "text" : look.color, isBold: false };
    case 39:
      return { ...look, color: "text" };
    default:
      return { ...look, color: BY_CODE[(code % 10) - 1] ?? look.color };
  }
}

function spansOf(line: readonly Cell[]): Span[] {
  const spans: { column: number; text: string; color: Color; isBold: boolean }[] = [];
  line.forEach(({ character, color, isBold }, column) => {
    const last = spans.at(-1);
    if (last !== undefined && last.color === color && last.isBold === isBold) {
      last.text += character;
    } else {
      spans.push({ column, text: character, color, isBold });
    }
  });
  return spans.filter(({ text }) => text.trim() !== "");
}
