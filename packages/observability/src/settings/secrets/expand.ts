import { readFileSync } from "node:fs";
import { parseReferences, type Piece } from "./references.ts";

/** A variable or a file with a secret that cannot be used. The message names it, and never what it holds. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the references of a text stand for, in its order. White space around a secret is not part of it. */
export function secretsOf(text: string, environment: Environment): readonly string[] {
  return parseReferences(text).flatMap((piece) =>
    piece.kind === "text" ? [] : [valueOf(piece, environment)],
  );
}

/**
 * The text with the secrets in the place of its references. `encode` sees each secret of a text that is more than one
 * reference. Throws `InvalidReferenceError`, and `SecretError` for a secret that is missing or empty.
 */
export function expandReferences(
  text: string,
  environment: Environment,
  encode: (secret: string) => string = (secret) => secret,
): string {
  const pieces = parseReferences(text);
  return pieces
    .map((piece) => {
      const value = valueOf(piece, environment);
      return piece.kind === "text" || pieces.length === 1 ? value : encode(value);
    })
    .join("");
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
    text = readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new SecretError(`the file ${path} cannot be read`, { cause });
  }
  if (text === "") {
    // It has not been written yet, or is being replaced.
    throw new SecretError(`the file ${path} is empty`);
  }
  return text;
}
