import { followFiles, type FileNotice, type FollowedFiles } from "@sark/observability/files";
import { readSecret, SecretFileError } from "../reload/follow-secret.ts";

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

/**
 * The same for every value of a record, and again whenever one of its files changes; `where` names the record. What
 * `check` throws for leaves the former values in use.
 */
export function followRecord(
  record: Readonly<Record<string, string>>,
  where: string,
  environment: Readonly<Record<string, string | undefined>>,
  options: { readonly notice: FileNotice; check?(expanded: Record<string, string>): void },
): FollowedFiles<Readonly<Record<string, string>>> {
  const paths = Object.values(record).flatMap((text) =>
    [...text.matchAll(REFERENCE)].flatMap(([, path]) => (path === undefined ? [] : [path])),
  );
  const read = () => {
    const expanded = expandRecord(record, where, environment);
    options.check?.(expanded);
    return expanded;
  };
  try {
    return followFiles(paths, read, options.notice);
  } catch (error) {
    if (!(error instanceof SecretFileError)) {
      throw error;
    }
    throw new UpstreamConfigError(error.message, { cause: error.cause });
  }
}

function expandRecord(
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
