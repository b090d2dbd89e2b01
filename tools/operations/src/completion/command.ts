import { defineCommand, type DefinedCommand } from "../frame/define-command.ts";
import type { Tool } from "../frame/build-tool.ts";
import { writeText } from "../terminal/write-text.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Prints a script that completes command lines of the tools, all of them, from their definitions. */
export function completionCommand(loadTools: () => Promise<readonly Tool[]>): DefinedCommand {
  return defineCommand<object, [Shell]>({
    async run(_flags, shell) {
      const [{ completionsOf }, tools] = await Promise.all([import("./completions.ts"), loadTools()]);
      const names = tools.map(({ name }) => name);
      const script = (await SCRIPTS[shell]())(names, await completionsOf(tools));
      await writeText(this.process.stdout, script);
    },
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [{ parse: shellNamed, placeholder: "SHELL", brief: SHELLS.join(", ") }],
      },
    },
    docs: {
      examples: [
        "source <(gateway-admin completion bash)",
        "source <(gateway-admin completion zsh)",
        "gateway-admin completion fish > ~/.config/fish/completions/gateway-admin.fish",
      ],
      exitCodes: { 0: "it is printed", 2: "the command line is wrong" },
    },
  });
}

const SCRIPTS = {
  bash: async () => (await import("./bash.ts")).bashCompletion,
  zsh: async () => (await import("./zsh.ts")).zshCompletion,
  fish: async () => (await import("./fish.ts")).fishCompletion,
} as const;

function shellNamed(value: string): Shell {
  const shell = SHELLS.find((name) => name === value);
  if (shell === undefined) {
    throw new SyntaxError(`use one of ${SHELLS.join(", ")}`);
  }
  return shell;
}
