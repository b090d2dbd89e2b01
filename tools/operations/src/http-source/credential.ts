import { readFileSync } from "node:fs";
import { CommandError, EXIT } from "../exit-code.ts";

/**
 * The text of a file that holds a credential; `null` where `optional` and there is none.
 *
 * @param what as the message names it, such as "API key"
 * @param remedy what to say in place of it
 */
export function readCredentialFile(
  path: string,
  what: string,
  { optional = false, remedy = "" }: { readonly optional?: boolean; readonly remedy?: string } = {},
): string | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (optional && code === "ENOENT") {
      return null;
    }
    throw new CommandError(
      EXIT.usage,
      `Cannot read the ${what} in ${path} (${code})${remedy === "" ? "" : `: ${remedy}`}.`,
      {
        cause,
      },
    );
  }
  return checkedCredential(text, path, what);
}

/**
 * A credential that can be sent: one word of printable characters. The HTTP library repeats in its error what it cannot
 * send, so that nothing else may come that far.
 *
 * @param source where it is from, for the message, which does not repeat the text
 */
export function checkedCredential(text: string, source: string, what: string): string {
  const credential = text.trim();
  if (!/^[\x21-\x7e]+$/.test(credential)) {
    throw new CommandError(
      EXIT.usage,
      `${source} holds no ${what}: it should be one word of printable characters.`,
    );
  }
  return credential;
}
