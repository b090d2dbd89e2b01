import type { Queryable } from "../postgres/queryable.ts";
import { HASH_BYTES } from "../transparency-log/tree/hashing.ts";
import type { Tile } from "../transparency-log/tiles/tile-builder.ts";
import type { ReadTile } from "../transparency-log/tiles/tile-hashes.ts";
import { tileKey, tileWidth, type TileAddress } from "../transparency-log/tiles/tile-layout.ts";

/**
 * Stores tiles, of which wider ones replace their own beginnings. Resolves to false when a stored tile is not the
 * beginning of the new one. Belongs into a transaction.
 */
export async function storeTiles(client: Queryable, tiles: readonly Tile[]): Promise<boolean> {
  if (tiles.length === 0) {
    return true;
  }
  const { rowCount } = await client.query({
    name: "audit-tiles-store",
    text: `
      INSERT INTO gateway_audit_tiles AS stored (level, index, width, hashes)
      SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::bytea[])
      ON CONFLICT (level, index) DO UPDATE SET width = excluded.width, hashes = excluded.hashes
      WHERE substring(excluded.hashes FOR octet_length(stored.hashes)) = stored.hashes`,
    values: [
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ width }) => width),
      tiles.map(({ hashes }) => hashes),
    ],
  });
  return rowCount === tiles.length;
}

/** Reads tiles at no less than the given widths; those that are missing or too narrow are left out. */
export async function readTiles(client: Queryable, tiles: readonly TileAddress[]): Promise<Tile[]> {
  if (tiles.length === 0) {
    return [];
  }
  const { rows } = await client.query<{ level: number; index: string; hashes: Buffer }>({
    name: "audit-tiles-read",
    text: `
      SELECT level, index, substring(hashes FOR 32 * wanted.width) AS hashes
      FROM gateway_audit_tiles JOIN unnest($1::smallint[], $2::bigint[], $3::smallint[]) AS wanted (level, index, width)
        USING (level, index)
      WHERE gateway_audit_tiles.width >= wanted.width`,
    values: [
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ width }) => width),
    ],
  });
  return rows.map(({ level, index, hashes }) => ({
    level,
    index: Number(index),
    width: hashes.length / HASH_BYTES,
    hashes,
  }));
}

/** Tiles by name, for the computations of the transparency log. */
export function readerOf(tiles: readonly Tile[]): ReadTile {
  const byName = new Map(tiles.map((tile) => [tileKey(tile), tile.hashes]));
  return (tile) => byName.get(tileKey(tile));
}

/** One tile as a tree of `size` has it, at exactly that width; `null` where that tree has no such tile. */
export async function readTile(client: Queryable, tile: TileAddress, size: number): Promise<Buffer | null> {
  if (tile.width < 1 || tile.width > tileWidth(tile, size)) {
    return null;
  }
  const [found] = await readTiles(client, [tile]);
  return found?.hashes ?? null;
}

export async function deleteTiles(client: Queryable): Promise<void> {
  await client.query("DELETE FROM gateway_audit_tiles");
}
