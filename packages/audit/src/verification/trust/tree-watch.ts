import type { CompactRange } from "../../transparency-log/tree/compact-range.ts";
import { nodeHash } from "../../transparency-log/tree/hashing.ts";
import { subtreesOf } from "../../transparency-log/tree/subtrees.ts";
import type { RememberedSubtree } from "./tree-memory.ts";

/** Most subtrees that are kept, without those of the right edge: a file of some 200 KB. */
const MAX_SUBTREES = 4_096;

export interface Window {
  /** The first event that is not what is remembered lies from here … */
  readonly from: number;
  /** … to before here. */
  readonly to: number;
}

/** Follows a tree as it grows, collects what will be remembered of it, and holds it against what is. */
export interface TreeWatch {
  /** For `createCompactRange`. */
  onSubtree(level: number, index: number, hash: Uint8Array): void;
  /** The first remembered subtree that was another one; `null` while all were the same. */
  readonly window: Window | null;
  /** The tree is at a size that may be remembered. */
  seal(tree: CompactRange): void;
  /** The subtrees of the tree that was sealed last; none where that was not the one of this size. */
  sealed(size: number): RememberedSubtree[];
}

export function createTreeWatch(remembered: readonly RememberedSubtree[]): TreeWatch {
  /** The next of the remembered subtrees, and where it ends. */
  let next = 0;
  let nextEnd = 2 ** (remembered[0]?.level ?? 0);

  let level = 0;
  let position = 0;
  let collected: RememberedSubtree[] = [];
  let window: Window | null = null;
  let seal: { readonly size: number; readonly hashes: readonly Uint8Array[] } = { size: 0, hashes: [] };

  function collect(of: number, index: number, hash: Uint8Array): void {
    const width = 2 ** of;
    // What lies below one that was passed over as a whole has no hash of its own.
    if (of < level || index * width !== position) {
      return;
    }
    collected.push({ level: of, hash: Uint8Array.from(hash) });
    position += width;
    if (collected.length > MAX_SUBTREES) {
      coarsen();
    }
  }

  /** Twos of the smallest become one; the last of them waits for its sibling, with which it comes again. */
  function coarsen(): void {
    const larger: RememberedSubtree[] = [];
    let begin = 0;
    let left: Uint8Array | null = null;
    for (const { level: of, hash } of collected) {
      if (of > level) {
        larger.push({ level: of, hash });
      } else if (left === null) {
        left = hash;
      } else {
        larger.push({ level: level + 1, hash: nodeHash(left, hash) });
        left = null;
      }
      begin += 2 ** of;
    }
    position = left === null ? begin : begin - 2 ** level;
    level += 1;
    collected = larger;
  }

  function pass(): void {
    next += 1;
    nextEnd += 2 ** (remembered[next]?.level ?? 0);
  }

  function compare(of: number, index: number, hash: Uint8Array): void {
    const end = (index + 1) * 2 ** of;
    // Those that were passed over, within a larger one.
    while (
      next < remembered.length &&
      (nextEnd < end || (nextEnd === end && (remembered[next]?.level ?? 0) < of))
    ) {
      pass();
    }
    const expected = remembered[next];
    if (expected === undefined || nextEnd !== end || expected.level !== of) {
      return;
    }
    if (Buffer.compare(expected.hash, hash) !== 0) {
      window ??= { from: index * 2 ** of, to: end };
    }
    pass();
  }

  return {
    onSubtree(of, index, hash) {
      collect(of, index, hash);
      compare(of, index, hash);
    },
    get window() {
      return window;
    },
    seal(tree) {
      seal = { size: tree.end, hashes: tree.hashes().map((hash) => Uint8Array.from(hash)) };
    },
    sealed(size) {
      const { hashes } = seal;
      if (seal.size !== size) {
        return [];
      }
      const covered: RememberedSubtree[] = [];
      let end = 0;
      for (const subtree of collected) {
        if (end + 2 ** subtree.level > size) {
          break;
        }
        covered.push(subtree);
        end += 2 ** subtree.level;
      }
      // The rest is smaller than what is collected: the tree's own right edge has it.
      subtreesOf(0, size).forEach(({ level: of, index }, position) => {
        const hash = hashes[position];
        if (index * 2 ** of >= end && hash !== undefined) {
          covered.push({ level: of, hash });
        }
      });
      return covered;
    },
  };
}
