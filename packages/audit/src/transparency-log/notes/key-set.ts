import { parseDecimal } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";
import type { NoteSignature } from "./signed-note.ts";
import { parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

/** A key and the tree sizes that it may sign, both ends included. */
export interface TrustedKey {
  readonly key: VerifierKey;
  readonly fromSize: number;
  readonly untilSize: number;
}

/** The keys that a verifier trusts: the log's, one after another as they are rotated, and its witnesses'. */
export interface KeySet {
  readonly keys: readonly TrustedKey[];
  /** The key that this signature names, whatever the size. */
  find(signature: NoteSignature): TrustedKey | undefined;
}

/** The keys that a verifier trusts. Throws `malformed_key` when one is listed twice. */
export function createKeySet(keys: readonly TrustedKey[]): KeySet {
  const byName = new Map<string, TrustedKey>();
  for (const trusted of keys) {
    const name = `${trusted.key.name}+${trusted.key.id}`;
    if (byName.has(name)) {
      throw new TransparencyLogError("malformed_key", `Key ${trusted.key.vkey} is listed twice.`);
    }
    byName.set(name, trusted);
  }
  return { keys, find: ({ name, keyId }) => byName.get(`${name}+${keyId}`) };
}

/**
 * Reads a list of keys: a vkey per line, then optionally `from=SIZE` and `until=SIZE`; `#` begins a comment.
 * A rotated key keeps its line, with `until=` the last tree that it signed: a thief of it can then sign no newer one.
 * Throws `malformed_key` naming the line.
 */
export function parseKeySet(text: string): KeySet {
  const keys = text.split("\n").flatMap((line, index) => {
    const words = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    const [vkey, ...limits] = words;
    if (vkey === undefined) {
      return [];
    }
    let [fromSize, untilSize] = [0, Number.MAX_SAFE_INTEGER];
    for (const limit of limits) {
      const [, which, digits = ""] = /^(from|until)=(\d+)$/.exec(limit) ?? [];
      const size = parseDecimal(digits);
      if (size === null) {
        throw new TransparencyLogError(
          "malformed_key",
          `Line ${index + 1}: "${limit}" should be from=SIZE or until=SIZE.`,
        );
      }
      if (which === "from") {
        fromSize = size;
      } else {
        untilSize = size;
      }
    }
    return [{ key: parseVerifierKey(vkey), fromSize, untilSize }];
  });
  if (keys.length === 0) {
    throw new TransparencyLogError("malformed_key", "There is no verifier key in the list.");
  }
  return createKeySet(keys);
}
