import type { Command, RouteMap } from "@stricli/core";
import type { ToolContext } from "../tool-context.ts";
import type { Tool } from "./build-tool.ts";
import { definitionOf, type CommandDefinition } from "./define-command.ts";

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
  readonly definition: CommandDefinition;
  readonly options: readonly CommandOption[];
  readonly arguments: readonly CommandArgument[];
}

/** Words that lead to commands. */
export interface CommandGroup {
  readonly words: readonly string[];
  readonly brief: string;
  readonly next: readonly { readonly word: string; readonly brief: string }[];
}

/** All commands of a tool, and the groups that they stand in, in the order of its help. */
export function commandTree(tool: Tool): {
  readonly groups: readonly CommandGroup[];
  readonly commands: readonly ToolCommand[];
} {
  const groups: CommandGroup[] = [];
  const commands: ToolCommand[] = [];
  visit([tool.name], tool.routes);
  return { groups, commands };

  function visit(words: readonly string[], target: Command<ToolContext> | RouteMap<ToolContext>): void {
    if (!("getAllEntries" in target)) {
      commands.push(describeCommand(words, target));
      return;
    }
    const entries = target.getAllEntries().map(({ name, target: of }) => ({
      word: name["convert-camel-to-kebab"],
      of,
    }));
    const next = entries.map(({ word, of }) => ({ word, brief: of.brief }));
    groups.push({ words, brief: target.brief, next });
    for (const { word, of } of entries) {
      visit([...words, word], of);
    }
  }
}

function describeCommand(words: readonly string[], command: Command<ToolContext>): ToolCommand {
  const { flags = {}, aliases = {}, positional } = command.parameters;
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
  return { words, definition: definitionOf(command), options, arguments: argumentsOf(positional) };
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
