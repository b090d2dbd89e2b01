import { EMPTY_ROOT, foldRight, nodeHash } from "./hashing.ts";
import { subtreesOf } from "./subtrees.ts";

interface Peak {
  readonly level: number;
  readonly hash: Uint8Array;
}

/**
 * The leaves `begin … end-1` of a tree, reduced to the hashes of the largest complete subtrees that cover them:
 * as many as the range has bits, however long it is.
 */
export interface CompactRange {
  readonly begin: number;
  /** Index after the last leaf. */
  readonly end: number;
  /** Adds the next leaf, by its leaf hash. */
  append(leafHash: Uint8Array): void;
  /** Adds the leaves up to `to`, by the hashes of `subtreesOf(end, to)` in order. */
  appendSubtrees(to: number, hashes: readonly Uint8Array[]): void;
  /** Hashes of `subtreesOf(begin, end)`, in order. */
  hashes(): Uint8Array[];
  /** A range of its own that has got as far. */
  clone(): CompactRange;
  /** RFC 6962 root of the tree of size `end`; only of a range that begins at 0. */
  root(): Uint8Array;
}

/** Called for each complete subtree as it comes to be: those that are appended, and those that they complete. */
export type OnSubtree = (level: number, index: number, hash: Uint8Array) => void;

export function createCompactRange(begin = 0, onSubtree?: OnSubtree): CompactRange {
  return continueRange(begin, begin, [], onSubtree);
}

function continueRange(
  begin: number,
  reached: number,
  before: readonly Peak[],
  onSubtree?: OnSubtree,
): CompactRange {
  const peaks = [...before];
  let end = reached;

  function push(level: number, hash: Uint8Array, index: number): void {
    let merged: Peak = { level, hash };
    let at = index;
    onSubtree?.(level, at, hash);
    // A right child beside its sibling becomes their parent, and so on upwards.
    for (let left = peaks.at(-1); at % 2 === 1 && left?.level === merged.level; left = peaks.at(-1)) {
      peaks.pop();
      merged = { level: merged.level + 1, hash: nodeHash(left.hash, merged.hash) };
      at = (at - 1) / 2;
      onSubtree?.(merged.level, at, merged.hash);
    }
    peaks.push(merged);
  }

  return {
    begin,
    get end() {
      return end;
    },
    append(leafHash) {
      push(0, leafHash, end);
      end += 1;
    },
    appendSubtrees(to, hashes) {
      const subtrees = subtreesOf(end, to);
      if (subtrees.length !== hashes.length) {
        throw new RangeError(`${end}…${to} takes ${subtrees.length} hashes, not ${hashes.length}`);
      }
      subtrees.forEach(({ level, index }, position) => push(level, hashes[position] ?? EMPTY_ROOT, index));
      end = to;
    },
    hashes: () => peaks.map(({ hash }) => hash),
    clone: () => continueRange(begin, end, peaks),
    root() {
      if (begin !== 0) {
        throw new RangeError("only a range that begins at 0 has a root");
      }
      return foldRight(peaks.map(({ hash }) => hash));
    },
  };
}
