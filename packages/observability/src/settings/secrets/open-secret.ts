import { followFiles, type FileNotice } from "../../files/follow-files.ts";
import { readReferences, type Environment } from "./expand.ts";
import { referencedFiles } from "./references.ts";

/** Stands where a secret was. */
export const SECRET_MASK = "[secret]";

/** A text with secrets in it, such as a token, whose files are followed. */
export interface Secret {
  /** The text with its secrets: those of now. */
  value(): string;
  /** Takes the secrets, and those before them, out of a text that came from elsewhere. */
  mask(text: string): string;
}

/**
 * Reads a text with references to secrets, so that a missing one is known at the start, and its files again whenever they
 * change: a secret that was rotated, or mended, is in use at once. While a file cannot be used, the former content is;
 * `notice` hears of it. Throws `SecretError` at first.
 */
export function openSecret(text: string, environment: Environment, notice?: FileNotice): Secret {
  let former: readonly string[] = [];
  const files = followFiles(referencedFiles(text), () => readReferences(text, environment), notice);
  let current = files.current();
  function read(): typeof current {
    const now = files.current();
    if (now !== current) {
      former = current.secrets;
      current = now;
    }
    return now;
  }
  return {
    value: () => read().value,
    mask: (text) => text.replaceAll(anyOf([...read().secrets, ...former]), SECRET_MASK),
  };
}

/** The longest first: one may be the beginning of another. */
function anyOf(secrets: readonly string[]): RegExp {
  const longestFirst = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return new RegExp(
    longestFirst.map((secret) => secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|") || "(?!)",
    "g",
  );
}
