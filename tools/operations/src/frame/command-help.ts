import { formatLines } from "../terminal/printable.ts";
import type { Style } from "../terminal/style.ts";
import { formatTwoColumns } from "../terminal/two-columns.ts";
import { wrapText } from "../terminal/wrap-text.ts";
import { describeCommand, type CommandArgument, type CommandOption } from "./command-tree.ts";
import type { DefinedCommand } from "./define-command.ts";
import type { Routed } from "./route.ts";

/** Help of a command, from its definition, as wide as the terminal. */
export function commandHelp(
  { words, entry }: Extract<Routed, { readonly kind: "command" }>,
  definition: DefinedCommand,
  style: Style,
): string {
  const { options, arguments: taken } = describeCommand(words, entry.brief, definition);
  const { description, examples, exitCodes } = definition.docs;
  const list = (title: string, rows: Parameters<typeof formatTwoColumns>[0]): string[] =>
    rows.length === 0 ? [] : ["", style.strong(title), ...formatTwoColumns(rows, style, { indent: "  " })];
  const text = `${entry.brief}.${description === undefined ? "" : ` ${description.replaceAll("\n", " ")}`}`;
  const usage = [
    ...words,
    ...options.filter(({ required }) => required).map((option) => written(option)),
    ...(options.every(({ required }) => required) ? [] : ["[OPTIONS]"]),
    ...taken.map(asTyped),
  ].join(" ");
  return formatLines([
    ...wrapText(text, style.columns),
    "",
    style.strong("USAGE"),
    ...wrapText(usage, style.columns - 4).map((line, at) => `${at === 0 ? "  " : "    "}${line}`),
    ...list(
      "ARGUMENTS",
      taken.map(({ placeholder, brief }) => ({ name: placeholder, value: brief })),
    ),
    ...list("OPTIONS", [
      ...options.map((option) => ({ name: written(option), value: described(option) })),
      { name: "--help, -h", value: "Print this help" },
    ]),
    "",
    style.strong(examples.length === 1 ? "EXAMPLE" : "EXAMPLES"),
    // To be copied: a terminal that is narrower wraps them itself.
    ...examples.map((line) => `  ${line}`),
    ...list(
      "EXIT CODES",
      Object.entries(exitCodes).map(([code, meaning]) => ({ name: code, value: meaning })),
    ),
  ]);
}

function written({ name, value, letter }: CommandOption): string {
  return `--${name}${value === null ? "" : ` ${value.placeholder}`}${letter === null ? "" : `, -${letter}`}`;
}

function asTyped({ placeholder, required, repeatable }: CommandArgument): string {
  const one = `${placeholder}${repeatable ? "…" : ""}`;
  return required ? one : `[${one}]`;
}

function described({ brief, required, repeatable, default: standard }: CommandOption): string {
  const more = [
    ...(required ? ["required"] : []),
    ...(repeatable && !/repeated|again/.test(brief) ? ["may be repeated"] : []),
    ...(standard === null ? [] : [`default ${standard}`]),
  ];
  return `${brief}${more.length === 0 ? "" : ` (${more.join(", ")})`}`;
}
