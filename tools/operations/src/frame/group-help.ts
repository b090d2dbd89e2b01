import { formatLines } from "../terminal/printable.ts";
import type { Style } from "../terminal/style.ts";
import { formatTwoColumns } from "../terminal/two-columns.ts";
import { wrapText } from "../terminal/wrap-text.ts";
import type { Routed } from "./route.ts";

/** Help of a tool, or of a group of its commands, from the table alone: no command is loaded for it. */
export function groupHelp(
  { words, entry }: Extract<Routed, { readonly kind: "help" }>,
  style: Style,
): string {
  const line = words.join(" ");
  const isTool = words.length === 1;
  const rows = [...entry.entries].map(([word, one]) => ({
    name: one.kind === "group" ? `${word} …` : word,
    value: word === entry.standard ? `${one.brief} (meant where no command is named)` : one.brief,
  }));
  return formatLines([
    ...wrapText(entry.brief, style.columns),
    "",
    style.strong("USAGE"),
    `  ${line} COMMAND`,
    `  ${line} COMMAND --help`,
    ...(isTool ? [`  ${line} --version`] : []),
    "",
    style.strong("COMMANDS"),
    ...formatTwoColumns(rows, style, { indent: "  " }),
  ]);
}
