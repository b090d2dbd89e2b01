import { nearestWord } from "./nearest-word.ts";
import type { CommandEntry, GroupEntry, TableEntry } from "./command-table.ts";

/** What a command line asks for, as far as its words say. */
export type Routed =
  | {
      readonly kind: "command";
      /** The tool, and the words that lead to the command. */
      readonly words: readonly string[];
      readonly entry: CommandEntry;
      /** What is left for the command to read. */
      readonly args: readonly string[];
    }
  | { readonly kind: "help"; readonly words: readonly string[]; readonly entry: GroupEntry }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

/** A tool, as far as words matter. */
export interface Routable {
  readonly name: string;
  readonly table: TableEntry;
  /** Options with a value that may stand before the command, because most commands have them. */
  readonly leading: readonly string[];
}

/** Finds the command that a command line names. No module of a command is loaded for it. */
export function route({ name, table, leading }: Routable, args: readonly string[]): Routed {
  const words = [name];
  // Options that stood before the command; they are read as if they stood behind it.
  const before: string[] = [];
  let entry = table;
  let at = 0;
  while (entry.kind === "group") {
    const arg = args[at];
    if (arg === "--help" || arg === "-h" || (arg === undefined && entry.standard === null)) {
      return { kind: "help", words, entry };
    }
    if (arg === "--version" && words.length === 1) {
      return { kind: "version" };
    }
    const next = arg === undefined ? undefined : entry.entries.get(arg);
    if (arg !== undefined && next !== undefined) {
      words.push(arg);
      entry = next;
      at += 1;
      continue;
    }
    const option = arg === undefined ? null : /^--([^=]+)(=?)/.exec(arg);
    if (arg !== undefined && option !== null && leading.includes(option[1] ?? "")) {
      const taken = args.slice(at, at + (option[2] === "" ? 2 : 1));
      before.push(...taken);
      at += taken.length;
      continue;
    }
    const standard = entry.standard === null ? undefined : entry.entries.get(entry.standard);
    // What is no word is for the command that is meant without one.
    if (entry.standard !== null && standard !== undefined && (arg === undefined || arg.startsWith("-"))) {
      words.push(entry.standard);
      entry = standard;
      continue;
    }
    return { kind: "wrong", message: wrong(words, entry, arg ?? "") };
  }
  if (args[at] === "--version" && words.length === 1) {
    return { kind: "version" };
  }
  return { kind: "command", words, entry, args: [...before, ...args.slice(at)] };
}

/** Of what was typed no more is repeated than shows which it was; what follows `=` may be a secret. */
function wrong(words: readonly string[], { entries }: GroupEntry, arg: string): string {
  const line = words.join(" ");
  const see = `${line} --help lists the commands.`;
  const shown = arg.replace(/=.*$/s, "").slice(0, 40);
  if (arg.startsWith("-")) {
    return `${shown} stands after its command: ${line} COMMAND ${shown}. ${see}`;
  }
  const nearest = nearestWord(arg, [...entries.keys()]);
  const meant = nearest === null ? "." : `; did you mean ${line} ${nearest}?`;
  return `There is no command ${JSON.stringify(shown)}${meant} ${see}`;
}
