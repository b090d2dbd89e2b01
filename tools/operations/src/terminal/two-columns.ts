import type { Style } from "./style.ts";
import { widthOf } from "./fit-width.ts";
import { wrapText } from "./wrap-text.ts";

/** A value that has less room than this is not readable beside its name: it stands below it. So does one with a word that is wider. */
const LEAST_ROOM = 16;

export interface TwoColumnsRow {
  readonly name: string;
  readonly value: string;
  /** Colours the value, line by line. */
  readonly paint?: ((text: string) => string) | undefined;
}

/** Names, and beside them values of any length, in lines that a terminal does not wrap. Texts are of one line each. */
export function formatTwoColumns(
  rows: readonly TwoColumnsRow[],
  { columns }: Style,
  { indent = "", paintName = String }: { readonly indent?: string; paintName?(name: string): string } = {},
): string[] {
  const names = Math.max(0, ...rows.map(({ name }) => widthOf(name)));
  const beside = columns - indent.length - names - 2;
  return rows.flatMap(({ name, value, paint = String }) => {
    const room = Math.max(1, columns - indent.length - 2);
    const longest = Math.max(...value.split(" ").map(widthOf));
    if (beside < LEAST_ROOM || longest > beside) {
      const below = value === "" ? [] : wrapText(value, room);
      return [`${indent}${paintName(name)}`, ...below.map((line) => `${indent}  ${paint(line)}`)];
    }
    const [first = "", ...others] = wrapText(value, beside);
    const gap = " ".repeat(names - widthOf(name));
    const left = `${indent}${" ".repeat(names)}  `;
    return [
      first === "" ? `${indent}${paintName(name)}` : `${indent}${paintName(name)}${gap}  ${paint(first)}`,
      ...others.map((line) => `${left}${paint(line)}`),
    ];
  });
}
