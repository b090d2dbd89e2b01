import type { SignedRow } from "../../log-tables/checkpoint-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import { readRoots } from "../../log-tables/tree-hashes.ts";
import { TransparencyLogError } from "../../transparency-log/errors.ts";
import type { LeafRange } from "../../transparency-log/tree/subtrees.ts";
import { LogBuilderError } from "../errors.ts";

/** The roots over these ranges, of a tree that is at most as large as the checkpoint's. Rejects with `unprovable`. */
export async function provableRoots(
  client: Queryable,
  ranges: readonly LeafRange[],
  checkpoint: Pick<SignedRow, "size">,
): Promise<Uint8Array[]> {
  try {
    return await readRoots(client, ranges, checkpoint.size);
  } catch (cause) {
    throw cause instanceof TransparencyLogError ? unprovable(checkpoint, cause) : cause;
  }
}

export function unprovable({ size }: Pick<SignedRow, "size">, cause?: unknown): LogBuilderError {
  const message = `What is stored no longer leads to the root of the checkpoint of size ${size}: run "audit verify".`;
  return new LogBuilderError("unprovable", message, { cause });
}
