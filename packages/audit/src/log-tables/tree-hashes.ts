import { rangeRoot, type ReadTile } from "../transparency-log/tiles/tile-hashes.ts";
import { tilesFor } from "../transparency-log/tiles/tile-layout.ts";
import type { LeafRange } from "../transparency-log/tree/subtrees.ts";
import { readerOf, readTiles } from "./tile-table.ts";
import type { Queryable } from "../postgres/queryable.ts";

/** The tiles that the roots of these ranges take, of a tree of `size`; those that are missing are `undefined` when read. */
export async function readTilesOf(
  client: Queryable,
  ranges: readonly LeafRange[],
  size: number,
): Promise<ReadTile> {
  return readerOf(await readTiles(client, tilesFor(ranges, size)));
}

/**
 * The roots over these ranges of a tree of `size`, as the stored tiles have them. Throws a `TransparencyLogError` where a
 * tile is missing.
 */
export async function readRoots(
  client: Queryable,
  ranges: readonly LeafRange[],
  size: number,
): Promise<Uint8Array[]> {
  const readTile = await readTilesOf(client, ranges, size);
  return ranges.map((range) => rangeRoot(range, readTile));
}
