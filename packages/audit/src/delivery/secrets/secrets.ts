import { readFileSync } from "node:fs";
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

/** The content of a file that the settings name; the error names the path, never the content. */
export function readText(path: string, code: "secret_missing" | "file_unreadable"): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DeliveryError(code, `The file ${path} cannot be read.`, { cause });
  }
}
