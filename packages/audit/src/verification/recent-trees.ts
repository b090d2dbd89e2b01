import { createCompactRange, type CompactRange } from "../transparency-log/compact-range.ts";

/** The roots of the trees that a verifier passed last, however many there were before. */
export interface RecentTrees {
  append(leaf: Uint8Array): void;
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
  readonly leaves: Uint8Array[];
}

export function createRecentTrees(): RecentTrees {
  const stretches: Stretch[] = [{ tree: createCompactRange(), leaves: [] }];

  function begin(tree: CompactRange): void {
    stretches.push({ tree, leaves: [] });
    if (stretches.length > KEPT) stretches.shift();
  }

  return {
    append(leaf) {
      let last = stretches.at(-1) as Stretch;
      if (last.leaves.length === STRIDE) {
        begin(grown(last, STRIDE));
        last = stretches.at(-1) as Stretch;
      }
      // A copy: the bytes it lies in may be read over.
      last.leaves.push(Uint8Array.from(leaf));
    },
    skipTo: (tree) => begin(tree.clone()),
    rootAt(size) {
      const stretch = stretches.findLast(({ tree }) => tree.end <= size);
      if (stretch === undefined || size > stretch.tree.end + stretch.leaves.length) return null;
      return grown(stretch, size - stretch.tree.end).root();
    },
  };
}

function grown({ tree, leaves }: Stretch, by: number): CompactRange {
  const larger = tree.clone();
  for (const leaf of leaves.slice(0, by)) larger.append(leaf);
  return larger;
}
