import { readTilesOf } from "../log-tables/tree-hashes.ts";
import type { Queryable } from "../postgres/queryable.ts";
import type { Checkpoint } from "../transparency-log/notes/checkpoint.ts";
import { createCompactRange } from "../transparency-log/tree/compact-range.ts";
import { TransparencyLogError } from "../transparency-log/errors.ts";
import type { LeafRange } from "../transparency-log/tree/subtrees.ts";
import { leafAt, rangeHashes, type ReadTile } from "../transparency-log/tiles/tile-hashes.ts";

/** An event's place, and the leaf hash of the bytes that stand there now. */
export interface Leaf {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/**
 * The first of these events that is not the one that the signed tree has there; `null` when all are. `seq` ascends. What
 * lies between them is taken from the tiles, which count only if they lead to the signed root.
 */
export async function firstNotLogged(
  client: Queryable,
  leaves: readonly Leaf[],
  { size, root }: Checkpoint,
): Promise<number | null> {
  const last = leaves.at(-1)?.seq ?? -1;
  if (last >= size) {
    return leaves.find(({ seq }) => seq >= size)?.seq ?? null;
  }
  const gaps = gapsBetween(leaves, size);
  const own = leaves.map(({ seq }) => ({ from: seq, to: seq + 1 }));
  const readTile = await readTilesOf(client, [...gaps, ...own], size);
  try {
    if (Buffer.compare(rootOver(leaves, gaps, size, readTile), root) === 0) {
      return null;
    }
  } catch (error) {
    if (!(error instanceof TransparencyLogError || error instanceof RangeError)) {
      throw error;
    }
  }
  const wrong = leaves.find(({ seq, hash }) => {
    const logged = leafAt(seq, readTile);
    return logged !== null && Buffer.compare(logged, hash) !== 0;
  });
  return wrong?.seq ?? leaves[0]?.seq ?? 0;
}

function gapsBetween(leaves: readonly Leaf[], size: number): LeafRange[] {
  const gaps: LeafRange[] = [];
  let at = 0;
  for (const { seq } of [...leaves, { seq: size }]) {
    if (seq > at) {
      gaps.push({ from: at, to: seq });
    }
    at = seq + 1;
  }
  return gaps;
}

function rootOver(
  leaves: readonly Leaf[],
  gaps: readonly LeafRange[],
  size: number,
  readTile: ReadTile,
): Uint8Array {
  const tree = createCompactRange();
  const open = [...gaps];
  const pass = (seq: number): void => {
    const gap = open[0];
    if (gap === undefined || gap.to > seq) {
      return;
    }
    tree.appendSubtrees(gap.to, rangeHashes(gap, readTile));
    open.shift();
  };
  for (const { seq, hash } of leaves) {
    pass(seq);
    if (tree.end !== seq) {
      throw new RangeError(`seq ${seq} stands there twice`);
    }
    tree.append(hash);
  }
  pass(size);
  return tree.root();
}
