import { createCompactRange } from "../../transparency-log/tree/compact-range.ts";
import { decodeBase64, encodeBase64 } from "../../transparency-log/encodings.ts";
import { HASH_BYTES } from "../../transparency-log/tree/hashing.ts";
import { subtreesOf } from "../../transparency-log/tree/subtrees.ts";

/**
 * What a verifier remembers of a log: the signed note of the newest tree that it verified, and the hashes of some
 * thousand subtrees that cover it, from left to right. The note alone tells that a history was rewritten; the subtrees
 * tell where, however many checkpoints were signed anew.
 *
 *     <signed note>
 *                                        an empty line
 *     sark-audit-memory/v1
 *     <level> <base64 of the hash>       the subtree over the next 2^level events
 *     …
 *
 * A note by itself is a memory, too.
 */
export interface TreeMemory {
  readonly note: string;
  readonly subtrees: readonly RememberedSubtree[];
}

export interface RememberedSubtree {
  readonly level: number;
  readonly hash: Uint8Array;
}

const HEADER = "\nsark-audit-memory/v1\n";
const LINE = /^(\d|[1-4]\d) ([A-Za-z0-9+/]{43}=)$/;

/** Reads a memory; what it says is not verified. `null` for a list of subtrees that cannot be read. */
export function parseMemory(text: string): TreeMemory | null {
  const at = text.lastIndexOf(HEADER);
  if (at < 0) {
    return { note: text, subtrees: [] };
  }
  const subtrees: RememberedSubtree[] = [];
  for (const line of text
    .slice(at + HEADER.length)
    .split("\n")
    .slice(0, -1)) {
    const [, level = "", encoded = ""] = LINE.exec(line) ?? [];
    const hash = decodeBase64(encoded);
    if (hash?.length !== HASH_BYTES) {
      return null;
    }
    subtrees.push({ level: Number(level), hash });
  }
  return text.endsWith("\n") ? { note: text.slice(0, at), subtrees } : null;
}

export function formatMemory({ note, subtrees }: TreeMemory): string {
  return `${note}${HEADER}${subtrees.map(({ level, hash }) => `${level} ${encodeBase64(hash)}\n`).join("")}`;
}

/** Whether the subtrees are those of the tree of that size and root; also where there are none. */
export function leadTo(
  subtrees: readonly RememberedSubtree[],
  { size, root }: { readonly size: number; readonly root: Uint8Array },
): boolean {
  if (subtrees.length === 0) {
    return true;
  }
  const tree = createCompactRange();
  for (const { level, hash } of subtrees) {
    const to = tree.end + 2 ** level;
    if (to > size || subtreesOf(tree.end, to).length !== 1) {
      return false;
    }
    tree.appendSubtrees(to, [hash]);
  }
  return tree.end === size && Buffer.compare(tree.root(), root) === 0;
}
