import { TransparencyLogError } from "../errors.ts";
import { HASH_BYTES } from "../tree/hashing.ts";
import { rangeRoot, rootWithin } from "./tile-hashes.ts";
import { tileWidth, TILE_WIDTH, type TileAddress, type TileId } from "./tile-layout.ts";

export interface Tile extends TileAddress {
  readonly hashes: Buffer;
}

/** Grows a tree by its leaves and keeps only its right edge: at most one partial tile per level. */
export interface TileBuilder {
  readonly size: number;
  /** The leaf that was appended last; `null` before the first call of `append`. */
  readonly lastLeaf: Uint8Array | null;
  append(leafHash: Uint8Array): void;
  root(): Uint8Array;
  /** Tiles that are new or wider since the last call, each once, at its present width. */
  takeChanged(): Tile[];
}

/** Starts at `size`, from the partial tiles that `edgeTiles(size)` lists, or from nothing. */
export function createTileBuilder(size = 0, edge: readonly Tile[] = []): TileBuilder {
  const levels: { index: number; width: number; hashes: Buffer }[] = [];
  let changed = new Map<number, Tile[]>();

  for (const { level, index, width } of edgeTiles(size)) {
    const tile = edge.find((one) => one.level === level && one.index === index && one.width === width);
    if (tile?.hashes.length !== width * HASH_BYTES) {
      throw new TransparencyLogError(
        "malformed_tile",
        `Tile ${level}/${index} of width ${width} is missing.`,
      );
    }
    open(level).hashes.set(tile.hashes);
    Object.assign(open(level), { index, width });
  }

  function open(level: number): { index: number; width: number; hashes: Buffer } {
    while (levels.length <= level) {
      const index = Math.floor(size / TILE_WIDTH ** (levels.length + 1));
      levels.push({ index, width: 0, hashes: Buffer.alloc(TILE_WIDTH * HASH_BYTES) });
    }
    return levels[level] as (typeof levels)[number];
  }

  function add(level: number, hash: Uint8Array): void {
    const tile = open(level);
    tile.hashes.set(hash, tile.width * HASH_BYTES);
    tile.width += 1;
    const full = tile.width === TILE_WIDTH;
    if (!full) {
      return;
    }
    const done = { level, index: tile.index, width: TILE_WIDTH, hashes: Buffer.from(tile.hashes) };
    changed.set(level, [...(changed.get(level) ?? []), done]);
    tile.index += 1;
    tile.width = 0;
    add(level + 1, rootWithin(done.hashes, 0, TILE_WIDTH));
  }

  let reported = size;
  let count = size;
  let lastLeaf: Uint8Array | null = null;
  return {
    get size() {
      return count;
    },
    get lastLeaf() {
      return lastLeaf;
    },
    append(leafHash) {
      lastLeaf = leafHash;
      add(0, leafHash);
      count += 1;
    },
    root() {
      const root = rangeRoot({ from: 0, to: count }, ({ level, index }) => {
        const tile = levels[level];
        return tile?.index === index ? tile.hashes.subarray(0, tile.width * HASH_BYTES) : undefined;
      });
      // Of one leaf, or one full tile, it would be a piece of a tile that is written over later.
      return Buffer.from(root);
    },
    takeChanged() {
      const tiles = [...changed.values()].flat();
      levels.forEach(({ index, width, hashes }, level) => {
        const before = tileWidth({ level, index }, reported);
        if (width <= before) {
          return;
        }
        tiles.push({ level, index, width, hashes: Buffer.from(hashes.subarray(0, width * HASH_BYTES)) });
      });
      changed = new Map();
      reported = count;
      return tiles;
    },
  };
}

/** The partial tiles of a tree of that size, lowest level first. */
export function edgeTiles(size: number): TileAddress[] {
  const tiles: TileAddress[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
    const tile: TileId = { level, index: Math.floor(size / TILE_WIDTH ** (level + 1)) };
    const width = tileWidth(tile, size);
    if (width > 0) {
      tiles.push({ ...tile, width });
    }
  }
  return tiles;
}
