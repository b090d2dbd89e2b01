import { readFileSync } from "node:fs";
import { z } from "zod";
import { DeliveryError } from "../domain/errors.ts";

/** Where a secret lies; the settings never hold the secret itself. */
export const secretSchema = z.union(
  [
    z.strictObject({ env: z.string().min(1).describe("Name of the environment variable that holds it.") }),
    z.strictObject({ file: z.string().min(1).describe("Path of the file that holds it.") }),
  ],
  { error: 'must say where the secret is: {"env": "NAME"} or {"file": "/path"}' },
);
export type SecretReference = z.output<typeof secretSchema>;

export interface Secret {
  value(): string;
  /** Takes the secret out of a text that came from elsewhere. */
  mask(text: string): string;
}

/** Stands where a secret was. */
export const MASK = "[secret]";

/**
 * Reads the secret, so that a missing one is known at the start, and a file again each time that it is used: a secret that
 * was rotated, or mended, is in use at once. Throws `secret_missing`.
 */
export function readSecret(reference: SecretReference, environment: NodeJS.ProcessEnv = process.env): Secret {
  let current = load(reference, environment);
  let former = current;
  function value(): string {
    if ("env" in reference) {
      return current;
    }
    try {
      const read = load(reference, environment);
      if (read !== current) {
        former = current;
      }
      current = read;
    } catch {
      // In the middle of being replaced: the old one still serves.
    }
    return current;
  }
  const mask = (text: string): string =>
    text
      .split(current)
      .map((part) => part.replaceAll(former, MASK))
      .join(MASK);
  return { value, mask };
}

function load(reference: SecretReference, environment: NodeJS.ProcessEnv): string {
  if ("env" in reference) {
    const value = environment[reference.env]?.trim();
    if (value) {
      return value;
    }
    throw new DeliveryError("secret_missing", `The environment variable ${reference.env} is not set.`);
  }
  const value = readText(reference.file, "secret_missing").trim();
  if (value !== "") {
    return value;
  }
  throw new DeliveryError("secret_missing", `The file ${reference.file} is empty.`);
}

/** The content of a file that the settings name; the error names the path, never the content. */
export function readText(path: string, code: "secret_missing" | "file_unreadable"): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DeliveryError(code, `The file ${path} cannot be read.`, { cause });
  }
}
