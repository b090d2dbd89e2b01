import type { Tool } from "../frame/build-tool.ts";
import { completionsOf } from "./completions.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes command lines of the tools, from their definitions: each command is loaded for it. */
export async function completionScript(shell: Shell, tools: readonly Tool[]): Promise<string> {
  const names = tools.map(({ name }) => name);
  return (await SCRIPTS[shell]())(names, await completionsOf(tools));
}

/** The same for each shell, by its name. */
export async function completionScripts(tools: readonly Tool[]): Promise<Readonly<Record<string, string>>> {
  const named = SHELLS.map(async (shell) => [shell, await completionScript(shell, tools)] as const);
  return Object.fromEntries(await Promise.all(named));
}

const SCRIPTS = {
  bash: async () => (await import("./bash.ts")).bashCompletion,
  zsh: async () => (await import("./zsh.ts")).zshCompletion,
  fish: async () => (await import("./fish.ts")).fishCompletion,
} as const;
