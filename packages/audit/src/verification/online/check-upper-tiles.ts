import { readerOf, readTiles } from "../../log-tables/tile-table.ts";
import type { Checkpoint } from "../../transparency-log/notes/checkpoint.ts";
import { TransparencyLogError } from "../../transparency-log/errors.ts";
import { hashAt, rangeRoot, rootWithin } from "../../transparency-log/tiles/tile-hashes.ts";
import { TILE_WIDTH, tilesFor, tileWidth, type TileId } from "../../transparency-log/tiles/tile-layout.ts";
import type { Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";

type Client = LogConnection["client"];

/** Tiles that are read at once. */
const PIECE = 64;

/**
 * Whether the tiles above the leaves lead to the signed tree: the last of each level to its root, each other one to its
 * hash in the tile above. The leaves need not be hashed for that. Missing tiles are no finding: they can be made again.
 */
export async function checkUpperTiles(
  { client }: LogConnection,
  { size, root }: Checkpoint,
): Promise<Finding | null> {
  for (let level = 1; TILE_WIDTH ** (level + 1) <= size; level += 1) {
    const full = Math.floor(size / TILE_WIDTH ** (level + 1));
    for (let from = 0; from < full; from += PIECE) {
      const altered = await firstAltered(client, level, { from, to: Math.min(full, from + PIECE) }, size);
      if (altered !== null) {
        return altered;
      }
    }
  }
  const edge = [{ from: 0, to: size }];
  const tiles = await readTiles(client, tilesFor(edge, size));
  try {
    if (Buffer.compare(rangeRoot({ from: 0, to: size }, readerOf(tiles)), root) === 0) {
      return null;
    }
  } catch (error) {
    if (error instanceof TransparencyLogError) {
      return null;
    }
    throw error;
  }
  for (const tile of tiles.filter(({ level }) => level > 0).toReversed()) {
    const at = await firstWrongHash(client, tile, size);
    if (at !== null) {
      return finding(tile, at);
    }
  }
  return finding({ level: 0, index: Math.floor((size - 1) / TILE_WIDTH) }, 0);
}

/** The first of these complete tiles that does not lead to its hash in the tile above. */
async function firstAltered(
  client: Client,
  level: number,
  { from, to }: { readonly from: number; readonly to: number },
  size: number,
): Promise<Finding | null> {
  const wanted = Array.from({ length: to - from }, (_, at) => ({
    level,
    index: from + at,
    width: TILE_WIDTH,
  }));
  // 64 divides 256: all of them are below one tile.
  const above = { level: level + 1, index: Math.floor(from / TILE_WIDTH) };
  const [parent] = await readTiles(client, [{ ...above, width: tileWidth(above, size) }]);
  if (parent === undefined) {
    return null;
  }
  const tiles = await readTiles(client, wanted);
  for (const tile of tiles.toSorted((a, b) => a.index - b.index)) {
    const position = tile.index % TILE_WIDTH;
    if (Buffer.compare(rootWithin(tile.hashes, 0, TILE_WIDTH), hashAt(parent.hashes, position)) === 0) {
      continue;
    }
    // One of both is wrong: what lies below tells which.
    const at = await firstWrongHash(client, tile, size);
    return at === null ? finding(above, position) : finding(tile, at);
  }
  return null;
}

/** Which hash of a tile is not the root of the tile below it. */
async function firstWrongHash(
  client: Client,
  { level, index, hashes }: TileId & { readonly hashes: Uint8Array },
  size: number,
): Promise<number | null> {
  const count = tileWidth({ level, index }, size);
  const below = await readTiles(
    client,
    Array.from({ length: count }, (_, at) => ({
      level: level - 1,
      index: index * TILE_WIDTH + at,
      width: TILE_WIDTH,
    })),
  );
  const wrong = below
    .map((tile) => ({ at: tile.index % TILE_WIDTH, root: rootWithin(tile.hashes, 0, TILE_WIDTH) }))
    .filter(({ at, root }) => Buffer.compare(root, hashAt(hashes, at)) !== 0);
  return wrong.length === 0 ? null : Math.min(...wrong.map(({ at }) => at));
}

function finding({ level, index }: TileId, position: number): Finding {
  const seq = (index * TILE_WIDTH + position) * TILE_WIDTH ** level;
  const message = `Tile ${level}/${index} was altered, in its hash over the events from seq ${seq} on. The events lead to the tree that was signed; delete the tiles to have them made again.`;
  return { kind: "tiles_altered", seq, id: null, message };
}
