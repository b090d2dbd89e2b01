import { readRegularFile } from "../../files/read-regular-file.ts";
import { parseReferences, type Piece } from "./references.ts";

/** A variable or a file with a secret that cannot be used. The message names it, and never what it holds. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with the secrets in the place of its references, and these secrets alone. */
export interface Expanded {
  readonly value: string;
  readonly secrets: readonly string[];
}

/**
 * Reads what a text refers to, each reference once. `encode` sees each secret of a text that is more than one reference.
 * White space around a secret is not part of it. Throws `InvalidReferenceError`, and `SecretError` for a secret that is
 * missing or empty.
 */
export function readReferences(
  text: string,
  environment: Environment,
  encode: (secret: string) => string = (secret) => secret,
): Expanded {
  const pieces = parseReferences(text);
  const secrets: string[] = [];
  const parts = pieces.map((piece) => {
    const value = valueOf(piece, environment);
    if (piece.kind === "text") {
      return value;
    }
    secrets.push(value);
    return pieces.length === 1 ? value : encode(value);
  });
  return { value: parts.join(""), secrets };
}

/** The same, of the whole text only. */
export function expandReferences(
  text: string,
  environment: Environment,
  encode?: (secret: string) => string,
): string {
  return readReferences(text, environment, encode).value;
}

function valueOf(piece: Piece, environment: Environment): string {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "variable": {
      const value = environment[piece.name]?.trim();
      if (value) {
        return value;
      }
      throw new SecretError(`the environment variable ${piece.name} is not set`);
    }
    case "file":
      return readSecretFile(piece.path);
  }
}

function readSecretFile(path: string): string {
  let text: string;
  try {
    text = utf8.decode(readRegularFile(path, MAX_SECRET_BYTES)).trim();
  } catch (cause) {
    throw new SecretError(`the file ${path} cannot be read`, { cause });
  }
  if (text.includes("\0")) {
    throw new SecretError(`the file ${path} holds a NUL character`);
  }
  if (text === "") {
    // It has not been written yet, or is being replaced.
    throw new SecretError(`the file ${path} is empty`);
  }
  return text;
}

/** Other bytes would be sent as another secret than the file holds. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Longest file of a secret, in bytes. */
const MAX_SECRET_BYTES = 64 * 1024;
