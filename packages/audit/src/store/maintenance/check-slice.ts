import type pg from "pg";
import { firstNotLogged } from "../../signed-records/check-logged.ts";
import type { Checkpoint } from "../../transparency-log/notes/checkpoint.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { matching, type Slice } from "./slices.ts";

/** Events that are read at once: some milliseconds of hashing. */
const PAGE = 500;

/**
 * Why a slice must not be dropped by a signed record, or `null`: each of its events has to be the one that was logged
 * at its place, and as old by its own proven bytes as its column says. Otherwise the purge would destroy what shows that
 * the database was tampered with, or drop what was only made to look old.
 */
export async function whyNotDrop(
  client: pg.ClientBase,
  slice: Slice,
  checkpoint: Checkpoint,
): Promise<string | null> {
  const older = slice.olderThan === null ? [] : [slice.olderThan];
  for (let after = -1; ;) {
    const { rows } = await client.query<{ seq: string; canonical: Buffer }>(
      `SELECT seq, canonical FROM (SELECT seq, canonical FROM ${matching(slice)}) AS old
       WHERE seq > $${older.length + 1} ORDER BY seq LIMIT ${PAGE}`,
      [...older, after],
    );
    if (rows.length === 0) {
      return null;
    }
    const uncovered = rows.some(({ seq }) => Number(seq) >= checkpoint.size);
    if (uncovered) {
      return "no signed checkpoint covers it";
    }
    const leaves = rows.map(({ seq, canonical }) => ({ seq: Number(seq), hash: leafHash(canonical) }));
    const wrong = await firstNotLogged(client, leaves, checkpoint);
    if (wrong !== null) {
      return `the event at seq ${wrong} is not the one that was logged: run "audit verify"`;
    }
    const young = rows.find(({ canonical }) => !isOlder(canonical, slice.cutoff));
    if (young !== undefined) {
      return `the event at seq ${young.seq} is younger than its column says: run "audit verify"`;
    }
    after = leaves.at(-1)?.seq ?? after;
  }
}

function isOlder(canonical: Buffer, cutoff: Date): boolean {
  try {
    const { timestamp } = JSON.parse(canonical.toString("utf8")) as { readonly timestamp?: unknown };
    return typeof timestamp === "string" && Date.parse(timestamp) < cutoff.getTime();
  } catch {
    return false;
  }
}
