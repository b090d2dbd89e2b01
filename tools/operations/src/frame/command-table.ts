import type { DefinedCommand } from "./define-command.ts";

/** A command by its word: what help says of it, and where it is. Its module is loaded when it is needed. */
export interface CommandEntry {
  readonly kind: "command";
  readonly brief: string;
  load(): Promise<DefinedCommand>;
}

/** Words that lead to commands. */
export interface GroupEntry {
  readonly kind: "group";
  readonly brief: string;
  /** In the order of the help. */
  readonly entries: ReadonlyMap<string, TableEntry>;
  /** Word of the command that is meant where none is named. */
  readonly standard: string | null;
}

export type TableEntry = CommandEntry | GroupEntry;

export function command(brief: string, load: CommandEntry["load"]): CommandEntry {
  return { kind: "command", brief, load };
}

export function group(
  brief: string,
  entries: Readonly<Record<string, TableEntry>>,
  standard: string | null = null,
): GroupEntry {
  return { kind: "group", brief, entries: new Map(Object.entries(entries)), standard };
}
