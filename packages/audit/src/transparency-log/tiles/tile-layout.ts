import { parseDecimal } from "../encodings.ts";
import { TransparencyLogError } from "../errors.ts";
import { subtreesOf, type LeafRange, type Subtree } from "../tree/subtrees.ts";

/** Hashes in a full tile (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
/** Levels of the tree that one level of tiles spans. */
const TILE_HEIGHT = 8;

/** Which tile: hash `i` of tile `index` at `level` is the root over 256^level leaves, the (256 × index + i)-th such. */
export interface TileId {
  readonly level: number;
  readonly index: number;
}

/** A tile's name and how many hashes it has, 1 to 256. */
export interface TileAddress extends TileId {
  readonly width: number;
}

/** What a path names: a tile of hashes, or the bundle of the entries below a tile of level 0. */
export interface TileResource {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, or `tile/entries/<N>[.p/<W>]`. */
export function tilePath(tile: TileResource): string {
  const groups = [String(tile.index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(tile.index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  const partial = tile.width === TILE_WIDTH ? "" : `.p/${tile.width}`;
  return `tile/${tile.level}/${groups.join("/")}${partial}`;
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

/** Reads the path of a tile or entry bundle; throws `malformed_tile` for one that `tilePath` would not have written. */
export function parseTilePath(path: string): TileResource {
  const [, where = "", groups = "", partial] = PATH.exec(path) ?? [];
  const level: TileResource["level"] = where === "entries" ? where : (parseDecimal(where) ?? Number.NaN);
  const tile = {
    level,
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  const sensible = where !== "" && (level === "entries" || level <= 63) && Number.isSafeInteger(tile.index);
  if (!sensible || tile.width < 1 || tile.width > TILE_WIDTH || tilePath(tile) !== path) {
    throw new TransparencyLogError("malformed_tile", `"${path}" is no tile path; see c2sp.org/tlog-tiles.`);
  }
  return tile;
}

/** How many hashes that tile has in a tree of `size` leaves: 0 when it has none of it. */
export function tileWidth({ level, index }: TileId, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Where a subtree's root is found: in `tile`, as the root over `count` of its hashes from `first`. */
export function locateSubtree({ level, index }: Subtree): { tile: TileId; first: number; count: number } {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  return {
    tile: { level: tileLevel, index: Math.floor(first / TILE_WIDTH) },
    first: first % TILE_WIDTH,
    count,
  };
}

/** The tiles needed for the roots of these ranges, each once, as wide as a tree of `size` has them. */
export function tilesFor(ranges: readonly LeafRange[], size: number): TileAddress[] {
  const tiles = new Map<string, TileAddress>();
  for (const { from, to } of ranges) {
    for (const subtree of subtreesOf(from, to)) {
      const { tile } = locateSubtree(subtree);
      tiles.set(tileKey(tile), { ...tile, width: tileWidth(tile, size) });
    }
  }
  return [...tiles.values()];
}

export function tileKey({ level, index }: TileId): string {
  return `${level}/${index}`;
}
