import { createTileBuilder, edgeTiles, type TileBuilder } from "../../transparency-log/tiles/tile-builder.ts";
import { readNewest, readNewestSigned, type CheckpointRow } from "../../log-tables/checkpoint-table.ts";
import { checkRemembered, checkTail, rolledBack } from "./check-continuity.ts";
import { checkSigned } from "../proofs/check-signed.ts";
import { LogBuilderError } from "../errors.ts";
import type { LeafHashes } from "../../log-tables/leaf-hashes.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import { wasPurged } from "../../signed-records/was-purged.ts";
import { nextLeaves } from "./next-leaves.ts";
import { storeChanged } from "./store-changed.ts";
import { inTransaction } from "../../postgres/transaction.ts";
import { signDecided, type SigningContext } from "./signing-context.ts";
import { deleteTiles, readTiles } from "../../log-tables/tile-table.ts";

const BATCH = 65_536;

/**
 * Takes the tree up where it was left, by whomever and however: the tree that was decided on last, proven to be what its
 * checkpoint says, to continue what is remembered, and to agree with the events. Signs it if that was still to be done.
 */
export async function resume(context: SigningContext): Promise<TileBuilder> {
  const { client, keys, origin, memory } = context;
  const [remembered, newest, signed] = [
    await memory.load(),
    await readNewest(client),
    await readNewestSigned(client),
  ];
  if (signed !== null) {
    checkSigned(signed, keys, origin);
  }
  if (newest === null) {
    await checkRemembered(client, remembered, null, origin);
    return createTileBuilder();
  }
  const check = async (): Promise<void> => {
    await checkRemembered(client, remembered, newest, origin);
    await checkTail(client, newest.size, context);
  };
  let tree = await fromTiles(context, newest);
  if (tree === null || !(await areTilesThere(check))) {
    tree = await fromEvents(context, newest);
    await check();
  }
  if (newest.note === null) {
    await signDecided(context, newest.size, newest.root);
  }
  return tree;
}

/** `false` where tiles are missing that the check takes. Throws what else it finds. */
async function areTilesThere(check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof LogBuilderError && error.code === "tiles_altered") {
      return false;
    }
    throw error;
  }
}

async function fromTiles(
  { client }: SigningContext,
  { size, root }: CheckpointRow,
): Promise<TileBuilder | null> {
  const wanted = edgeTiles(size);
  const edge = await readTiles(client, wanted);
  if (edge.length < wanted.length) {
    return null;
  }
  const tree = createTileBuilder(size, edge);
  return Buffer.compare(tree.root(), root) === 0 ? tree : null;
}

/** Makes the tiles again. They count for nothing by themselves: what was signed decides whether the result may stay. */
async function fromEvents(
  { client, observer }: SigningContext,
  { size, root }: CheckpointRow,
): Promise<TileBuilder> {
  const rebuilt = await inTransaction(client, async () => {
    const tree = createTileBuilder();
    await deleteTiles(client);
    while (tree.size < size) {
      const leaves = await leavesOfTree(client, tree.size, Math.min(size, tree.size + BATCH));
      if (leaves.count === 0) {
        throw rolledBack(size, tree.size);
      }
      for (let position = 0; position < leaves.count; position += 1) {
        tree.append(leaves.at(position));
      }
      await storeChanged(client, tree);
    }
    if (Buffer.compare(tree.root(), root) !== 0) {
      throw new LogBuilderError(
        "fork",
        `Neither the tiles nor the events give the root of the checkpoint of size ${size}. "audit verify" names the first event that differs.`,
      );
    }
    return tree;
  });
  // Not before the commit: who looks at the tiles then finds them.
  observer.tilesRebuilt({ size });
  return rebuilt;
}

/** What the tree has, as the events have it. Of those that retention dropped, the tiles alone had the hashes. */
async function leavesOfTree(client: Queryable, from: number, to: number): Promise<LeafHashes> {
  const dropped = await firstDropped(client, from, to);
  if (dropped !== null) {
    throw new LogBuilderError(
      "tiles_altered",
      `Tiles are missing, or were changed, and cannot be made again: retention has dropped the event at seq ${dropped}, whose hash they had. Restore the table gateway_audit_tiles from a backup.`,
    );
  }
  return nextLeaves(client, from, to);
}

async function firstDropped(client: Queryable, from: number, to: number): Promise<number | null> {
  const { rows } = await client.query<{ missing: string | null }>(
    `SELECT min(expected) AS missing FROM generate_series($1::bigint, $2::bigint - 1) AS expected
     WHERE NOT EXISTS (SELECT FROM gateway_audit_events WHERE seq = expected)`,
    [from, to],
  );
  const missing = rows[0]?.missing ?? null;
  return missing !== null && (await wasPurged(client, Number(missing), null)) ? Number(missing) : null;
}
