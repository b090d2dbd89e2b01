import { readFileSync } from "node:fs";

/** A configured upstream that cannot be set up; the message names the entry and the remedy, never a value. */
export class UpstreamConfigError extends Error {
  override readonly name = "UpstreamConfigError";
}

const REFERENCE = /\$\{(?:file:([^}]+)|([A-Za-z_][A-Za-z0-9_]*))\}/g;

/**
 * Replaces `${VARIABLE}` by the variable of the gateway's environment and `${file:PATH}` by the file's
 * text without surrounding white space, so that secrets need not stand in the configuration.
 */
function expandReferences(
  text: string,
  where: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(REFERENCE, (_reference, path: string | undefined, variable: string | undefined) => {
    if (path !== undefined) {
      return readSecret(path, where);
    }
    const value = environment[variable ?? ""];
    if (value === undefined) {
      throw new UpstreamConfigError(`${where}: the environment variable ${variable} is not set`);
    }
    return value;
  });
}

export function readSecret(path: string, where: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new UpstreamConfigError(`${where}: cannot read the file ${path}`, { cause });
  }
}

/** The same for every value of a record; `where` names the record. */
export function expandRecord(
  record: Readonly<Record<string, string>>,
  where: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, text]) => [
      name,
      expandReferences(text, `${where}.${name}`, environment),
    ]),
  );
}
