import { commandTree, type CommandOption } from "../frame/command-tree.ts";
import type { Tool } from "../frame/build-tool.ts";

/** What may be typed after some words. */
export interface Completion {
  /** The words that were typed, options left out: `gateway-admin siem`. */
  readonly after: string;
  readonly words: readonly { readonly word: string; readonly brief: string }[];
  readonly options: readonly CommandOption[];
  /** Whether arguments are files. */
  readonly files: boolean;
}

const HELP: CommandOption = {
  name: "help",
  brief: "Print help and exit",
  value: null,
  required: false,
  repeatable: false,
  default: null,
  letter: "h",
};

/** What may be typed after all words that lead somewhere, for each tool. */
export async function completionsOf(tools: readonly Tool[]): Promise<readonly Completion[]> {
  const trees = await Promise.all(tools.map((tool) => commandTree(tool)));
  return trees.flatMap(({ groups, commands }) => {
    return [
      ...groups.map(({ words, next }) => ({
        after: words.join(" "),
        words: next,
        options: [HELP],
        files: false,
      })),
      ...commands.map(({ words, options, arguments: taken }) => ({
        after: words.join(" "),
        words: [],
        options: [...options, HELP],
        files: taken.some(({ placeholder }) => takesFile(placeholder)),
      })),
    ];
  });
}

/** Whether a value is a path of the file system. */
export function takesFile(placeholder: string): boolean {
  return /\b(?:FILE|PATH|PEM)\b/.test(placeholder);
}
