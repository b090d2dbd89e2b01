import type { CompactRange } from "../../transparency-log/tree/compact-range.ts";
import { encodeBase64 } from "../../transparency-log/encodings.ts";
import type { Finding } from "../findings/finding.ts";

/**
 * An export's first event whose bytes do not have the leaf hash of its line. Which of the two was altered shows at the
 * next checkpoint: it signs the tree over the bytes, or the one over the hashes that the lines claim.
 */
export interface ExportDoubt {
  /** The next leaf hash that a line claims, and the next subtrees that a line leaves out. */
  claim(leaf: Uint8Array): void;
  claimSubtrees(to: number, hashes: readonly Uint8Array[]): void;
  /** The signed tree is the one over the bytes: only the line's hash was altered. */
  readonly ofLine: Finding;
  /** What the signed tree of that root tells: the event was altered, or `null` where it is neither of the two trees. */
  ofEvent(root: Uint8Array): Finding | null;
}

/** @param tree up to the event, without it */
export function createExportDoubt(
  event: { readonly seq: number; readonly bytes: Uint8Array; readonly leaf: Uint8Array },
  actual: Uint8Array,
  tree: CompactRange,
): ExportDoubt {
  const { seq } = event;
  const id = idOf(event.bytes);
  const [found, logged] = [encodeBase64(actual), encodeBase64(event.leaf)];
  const claimed = tree.clone();
  const altered = (message: string): Finding => ({ kind: "altered", seq, id, message });
  return {
    claim: (leaf) => claimed.append(leaf),
    claimSubtrees: (to, hashes) => claimed.appendSubtrees(to, hashes),
    ofLine: altered(`The leaf hash in the line of seq ${seq} was altered; the event is as it was signed.`),
    ofEvent: (root) =>
      Buffer.compare(claimed.root(), root) === 0
        ? altered(
            `Event ${id} at seq ${seq} is not the one that was logged: its bytes hash to ${found}, logged was ${logged}.`,
          )
        : null,
  };
}

/** The id that an event's bytes say; `null` where they say none. */
export function idOf(bytes: Uint8Array): string | null {
  try {
    const { id } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}
