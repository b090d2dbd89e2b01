import { TransparencyLogError } from "../errors.ts";
import { foldRight, HASH_BYTES, nodeHash } from "../tree/hashing.ts";
import { subtreesOf, type LeafRange, type Subtree } from "../tree/subtrees.ts";
import { locateSubtree, type TileId } from "./tile-layout.ts";

/** A tile's hashes, one after another; at least as many as the tree in question needs. */
export type ReadTile = (tile: TileId) => Uint8Array | undefined;

/** Hash number `position` of a tile's bytes. */
export function hashAt(hashes: Uint8Array, position: number): Uint8Array {
  const hash = hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
  if (hash.length !== HASH_BYTES) {
    throw new TransparencyLogError(
      "out_of_range",
      `The tile has no hash ${position}; a wider one is needed.`,
    );
  }
  return hash;
}

/** Root over `count` (a power of two) hashes of a tile, from `first`. */
export function rootWithin(hashes: Uint8Array, first: number, count: number): Uint8Array {
  if (count === 1) {
    return hashAt(hashes, first);
  }
  const left = rootWithin(hashes, first, count / 2);
  return nodeHash(left, rootWithin(hashes, first + count / 2, count / 2));
}

export function subtreeHash(subtree: Subtree, readTile: ReadTile): Uint8Array {
  const { tile, first, count } = locateSubtree(subtree);
  const hashes = readTile(tile);
  if (hashes === undefined) {
    throw new TransparencyLogError("out_of_range", `Tile ${tile.level}/${tile.index} is missing.`);
  }
  return rootWithin(hashes, first, count);
}

/** Hashes of `subtreesOf(from, to)`, from tiles. */
export function rangeHashes({ from, to }: LeafRange, readTile: ReadTile): Uint8Array[] {
  return subtreesOf(from, to).map((subtree) => subtreeHash(subtree, readTile));
}

/** The leaf hash that the tiles have at that place; `null` where they have none. */
export function leafAt(seq: number, readTile: ReadTile): Uint8Array | null {
  try {
    return subtreeHash({ level: 0, index: seq }, readTile);
  } catch (error) {
    if (error instanceof TransparencyLogError) {
      return null;
    }
    throw error;
  }
}

/** RFC 6962 root over a range that starts where a subtree of its width may start; `0 … size` gives the tree's root. */
export function rangeRoot(range: LeafRange, readTile: ReadTile): Uint8Array {
  return foldRight(rangeHashes(range, readTile));
}
