import { readLeafHashes, type LeafHashes } from "../../log-tables/leaf-hashes.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import { wasPurged } from "../../signed-records/was-purged.ts";
import { LogBuilderError } from "../errors.ts";

/** The leaf hashes `from … to-1`, as many as are committed. Throws `gap` when a number is missing or stands there twice. */
export async function nextLeaves(client: Queryable, from: number, to: number): Promise<LeafHashes> {
  const leaves = await readLeafHashes(client, from, to);
  if ("count" in leaves) {
    return leaves;
  }
  const { wrong } = leaves;
  const message =
    wrong !== null && (await wasPurged(client, wrong, null))
      ? `Retention dropped the event at seq ${wrong} before any checkpoint covered it: no tree can be made without it.`
      : `The events' numbers are not in order at seq ${wrong}: one is missing or there twice.`;
  throw new LogBuilderError("gap", message);
}
