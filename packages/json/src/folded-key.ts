import { createHash } from "node:crypto";
import { foldName } from "./fold-name.ts";

/** Longer texts are known by their digest: a key must not be as long as a caller likes. */
const MAX_KEPT = 128;

/**
 * A name as part of a key: one for all its spellings, as `foldName` has it. It begins with `=`, so that no name is a
 * wildcard, holds no space, and is bounded.
 */
export function foldedKey(name: string): string {
  const text = foldName(name);
  return `=${text.length <= MAX_KEPT ? text : createHash("sha256").update(text).digest("base64url")}`;
}

/**
 * The same of a name whose spellings are not one, as tenants are: one who is given such a name must not reach what belongs to another.
 * It begins with what `foldedKey` gives, and is that where the name is its own folded form.
 */
export function exactKey(name: string): string {
  const folded = foldedKey(name);
  return folded === `=${name}`
    ? folded
    : `${folded}~${createHash("sha256").update(name).digest("base64url")}`;
}
