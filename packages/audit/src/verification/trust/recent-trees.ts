import { createCompactRange, type CompactRange } from "../../transparency-log/tree/compact-range.ts";
import { HASH_BYTES } from "../../transparency-log/tree/hashing.ts";

/** The roots of the trees that a verifier passed last, however many there were before. */
export interface RecentTrees {
  /** @param tree that the leaf was just appended to */
  append(leaf: Uint8Array, tree: CompactRange): void;
  /** The tree went on by subtrees: what lies within them has no root. */
  skipTo(tree: CompactRange): void;
  /** The root of the tree of that size; `null` where it is too long ago, or was passed over. */
  rootAt(size: number): Uint8Array | null;
}

/** Leaves from one tree that is kept to the next. */
const STRIDE = 1_024;
/** How far back: more than is committed between two checkpoints. */
const KEPT = 128;

interface Stretch {
  readonly tree: CompactRange;
  /** Leaf hashes that came after it. */
  readonly leaves: Buffer;
  count: number;
}

export function createRecentTrees(): RecentTrees {
  const stretches: Stretch[] = [];
  let last = begin(createCompactRange());

  function begin(tree: CompactRange): Stretch {
    const stretch = { tree, leaves: Buffer.allocUnsafe(STRIDE * HASH_BYTES), count: 0 };
    stretches.push(stretch);
    if (stretches.length > KEPT) {
      stretches.shift();
    }
    return stretch;
  }

  return {
    append(leaf, tree) {
      // A copy: the bytes it lies in may be read over.
      last.leaves.set(leaf, last.count * HASH_BYTES);
      last.count += 1;
      if (last.count === STRIDE) {
        last = begin(tree.clone());
      }
    },
    skipTo(tree) {
      last = begin(tree.clone());
    },
    rootAt(size) {
      const stretch = stretches.findLast(({ tree }) => tree.end <= size);
      if (stretch === undefined || size > stretch.tree.end + stretch.count) {
        return null;
      }
      const tree = stretch.tree.clone();
      for (let at = 0; tree.end < size; at += HASH_BYTES) {
        tree.append(Uint8Array.from(stretch.leaves.subarray(at, at + HASH_BYTES)));
      }
      return tree.root();
    },
  };
}
