import { defineCommand, type DefinedCommand } from "../frame/define-command.ts";
import type { Tool } from "../frame/build-tool.ts";
import { writtenCompletion } from "../frame/package-facts.ts";
import { writeText } from "../terminal/write-text.ts";
import { completionScript, SHELLS, type Shell } from "./script.ts";

/** Prints a script that completes command lines of the tools, all of them. */
export function completionCommand(loadTools: () => Promise<readonly Tool[]>): DefinedCommand {
  return defineCommand<object, [Shell]>({
    async run(_flags, shell) {
      const script = writtenCompletion(shell) ?? (await completionScript(shell, await loadTools()));
      const plain = this.process.plain?.("stdout") ?? null;
      if (plain === null) {
        await writeText(this.process.stdout, script);
      } else {
        plain.write(script);
      }
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

function shellNamed(value: string): Shell {
  const shell = SHELLS.find((name) => name === value);
  if (shell === undefined) {
    throw new SyntaxError(`use one of ${SHELLS.join(", ")}`);
  }
  return shell;
}
