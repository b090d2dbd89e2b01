import { readRegularFile } from "@sark/observability/files";
import { openSecret, SecretError, type Secret } from "@sark/observability/settings";
import { DeliveryError } from "../domain/errors.ts";

/** Opens a setting that refers to secrets; see `openSecret`. Throws `secret_missing`. */
export function readSecret(setting: string, environment: NodeJS.ProcessEnv = {}): Secret {
  try {
    return openSecret(setting, environment);
  } catch (cause) {
    if (!(cause instanceof SecretError)) {
      throw cause;
    }
    const { message } = cause;
    throw new DeliveryError("secret_missing", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, {
      cause,
    });
  }
}

/** Longest file of certificates or of a key, in bytes: a system's whole bundle has a quarter of a megabyte. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The content of a file that the settings name; the error names the path, never the content. */
export function readText(path: string, code: "secret_missing" | "file_unreadable"): string {
  try {
    return readRegularFile(path, MAX_FILE_BYTES).toString("utf8");
  } catch (cause) {
    throw new DeliveryError(code, `The file ${path} cannot be read.`, { cause });
  }
}
