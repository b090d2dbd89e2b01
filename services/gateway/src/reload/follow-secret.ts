import { readFileSync } from "node:fs";
import { followFiles, type FileNotice, type FollowedFiles } from "@sark/observability/files";

/** A file with a secret that cannot be used; names the setting and the remedy, never the content. */
export class SecretFileError extends Error {
  override readonly name = "SecretFileError";
}

/**
 * The text of a file without surrounding white space. `where` names the setting. Throws `SecretFileError`, also for an
 * empty one: it has not been written yet, or is just being replaced.
 */
export function readSecret(path: string, where: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new SecretFileError(`${where}: cannot read the file ${path}`, { cause });
  }
  if (text === "") {
    throw new SecretFileError(`${where}: the file ${path} is empty`);
  }
  return text;
}

/** The secret that a file holds now; while it cannot be used, the one before. Throws `SecretFileError` at first. */
export function followSecret(path: string, where: string, notice: FileNotice): FollowedFiles<string> {
  return followFiles([path], () => readSecret(path, where), notice);
}
