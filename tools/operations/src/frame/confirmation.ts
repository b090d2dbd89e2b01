import { CommandError, EXIT } from "../exit-code.ts";
import { oneLine } from "../terminal/printable.ts";
import type { ToolContext } from "../tool-context.ts";

/**
 * Resolves when the caller said `--yes`, or types `yes` on a terminal. Rejects with a `CommandError` otherwise: a script
 * that did not say `--yes` did not mean it.
 *
 * @param what will be done, as a sentence
 */
export async function confirmed(
  { process: { stdin, stderr } }: ToolContext,
  flags: { readonly yes?: unknown },
  what: string,
): Promise<void> {
  if (flags.yes === true) {
    return;
  }
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new CommandError(EXIT.usage, `${oneLine(what)} Say --yes to do it: there is no terminal to ask.`);
  }
  stderr.write(`${oneLine(what)} Type yes to do it: `);
  // Loaded for a question alone.
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) {
      if (line.trim().toLowerCase() === "yes") {
        return;
      }
      break;
    }
  } finally {
    lines.close();
  }
  throw new CommandError(EXIT.usage, "Nothing was done.");
}
