import { HASH_BYTES } from "../../transparency-log/tree/hashing.ts";
import { TILE_WIDTH } from "../../transparency-log/tiles/tile-layout.ts";
import type { LogConnection } from "../rows/log-connection.ts";

/** The leaf hash that the tiles have at that place; `null` where there is none. */
export type LoggedLeaves = (seq: number) => Uint8Array | null;

/** Reads the tiles of level 0 over the events `from … to-1`. */
export async function readLogged({ client }: LogConnection, from: number, to: number): Promise<LoggedLeaves> {
  const { rows } = await client.query<{ index: string; hashes: Buffer }>(
    "SELECT index, hashes FROM gateway_audit_tiles WHERE level = 0 AND index >= $1 AND index < $2",
    [Math.floor(from / TILE_WIDTH), Math.ceil(to / TILE_WIDTH)],
  );
  const tiles = new Map(rows.map(({ index, hashes }) => [Number(index), hashes]));
  return (seq) => {
    const at = (seq % TILE_WIDTH) * HASH_BYTES;
    const hashes = tiles.get(Math.floor(seq / TILE_WIDTH));
    return hashes !== undefined && at + HASH_BYTES <= hashes.length
      ? hashes.subarray(at, at + HASH_BYTES)
      : null;
  };
}
