import { readFileSync } from "node:fs";
import { CommandError, EXIT } from "../exit-code.ts";
import type { Environment } from "../terminal/style.ts";

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
 * A bearer token from the file that was named, else from the variable; `null` where neither is. From nowhere else: what stands on a
 * command line, every process of the machine can read.
 *
 * @param variable whose value it may be, in `environment`
 */
export function findToken(
  file: string | undefined,
  variable: string,
  environment: Environment,
): string | null {
  if (file) {
    return readCredentialFile(file, "token");
  }
  const value = environment[variable];
  return value ? checkedCredential(value, variable, "token") : null;
}

/** The header that sends a token, where there is one. */
export function bearer(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
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
