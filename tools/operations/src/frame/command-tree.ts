import type { Command } from "@stricli/core";
import type { ToolContext } from "../tool-context.ts";
import type { Tool } from "./build-tool.ts";
import type { TableEntry } from "./command-table.ts";
import type { DefinedCommand } from "./define-command.ts";

/** An option of a command. */
export interface CommandOption {
  /** As it is written, without its dashes. */
  readonly name: string;
  readonly brief: string;
  /** What follows it; `null` for one that is there or not. */
  readonly value: { readonly placeholder: string; readonly choices: readonly string[] } | null;
  readonly required: boolean;
  readonly repeatable: boolean;
  readonly default: string | null;
  /** A letter that means the same. */
  readonly letter: string | null;
}

export interface CommandArgument {
  readonly placeholder: string;
  readonly brief: string;
  readonly required: boolean;
  readonly repeatable: boolean;
}

/** A command as it is typed, with all that its definition says. */
export interface ToolCommand {
  /** The tool and the words after it. */
  readonly words: readonly string[];
  readonly brief: string;
  readonly definition: DefinedCommand;
  readonly options: readonly CommandOption[];
  readonly arguments: readonly CommandArgument[];
}

/** Words that lead to commands. */
export interface CommandGroup {
  readonly words: readonly string[];
  readonly brief: string;
  readonly next: readonly { readonly word: string; readonly brief: string }[];
}

/** All commands of a tool, and the groups that they stand in, in the order of its help. Each command is loaded for it. */
export async function commandTree(tool: Tool): Promise<{
  readonly groups: readonly CommandGroup[];
  readonly commands: readonly ToolCommand[];
}> {
  const groups: CommandGroup[] = [];
  const commands: ToolCommand[] = [];
  await visit([tool.name], tool.table);
  return { groups, commands };

  async function visit(words: readonly string[], entry: TableEntry): Promise<void> {
    if (entry.kind === "command") {
      commands.push(describeCommand(words, entry.brief, await entry.load()));
      return;
    }
    const next = [...entry.entries].map(([word, { brief }]) => ({ word, brief }));
    groups.push({ words, brief: entry.brief, next });
    for (const [word, one] of entry.entries) {
      // In turn: the order is that of the help.
      // oxlint-disable-next-line no-await-in-loop
      await visit([...words, word], one);
    }
  }
}

/** What a definition says of a command. */
export function describeCommand(
  words: readonly string[],
  brief: string,
  definition: DefinedCommand,
): ToolCommand {
  const { flags = {}, aliases = {}, positional } = definition.parameters;
  const letters = new Map(Object.entries(aliases).map(([letter, name]) => [name, letter]));
  const options = Object.entries(flags).map(([name, flag]): CommandOption => {
    const isSwitch = flag.kind === "boolean" || flag.kind === "counter";
    const standard = "default" in flag && flag.default !== undefined ? String(flag.default) : null;
    // What is done unless it is said not to be is written with `no-`.
    const negated = flag.kind === "boolean" && flag.default === true;
    return {
      name: `${negated ? "no-" : ""}${kebab(name)}`,
      brief: negated ? `Not: ${flag.brief}` : flag.brief,
      value: isSwitch
        ? null
        : {
            placeholder:
              flag.kind === "enum" ? flag.values.join("|") : (flag.placeholder ?? name.toUpperCase()),
            choices: flag.kind === "enum" ? flag.values : [],
          },
      required: !isSwitch && flag.optional !== true && standard === null,
      repeatable: "variadic" in flag && flag.variadic !== undefined && flag.variadic !== false,
      default: isSwitch ? null : standard,
      letter: letters.get(name) ?? null,
    };
  });
  return { words, brief, definition, options, arguments: argumentsOf(positional) };
}

function argumentsOf(
  positional: Command<ToolContext>["parameters"]["positional"],
): readonly CommandArgument[] {
  if (positional === undefined) {
    return [];
  }
  const all = positional.kind === "array" ? [positional.parameter] : positional.parameters;
  return all.map((one) => ({
    placeholder: one.placeholder ?? "VALUE",
    brief: one.brief,
    required: positional.kind === "tuple" && one.optional !== true,
    repeatable: positional.kind === "array",
  }));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
