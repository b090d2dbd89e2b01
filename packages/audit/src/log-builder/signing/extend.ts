import type { TileBuilder } from "../../transparency-log/tiles/tile-builder.ts";
import { decide } from "../../log-tables/checkpoint-table.ts";
import { checkLeaves } from "./check-continuity.ts";
import { LogBuilderError } from "../errors.ts";
import { nextLeaves } from "./next-leaves.ts";
import { inTransaction } from "../../postgres/transaction.ts";
import { signDecided, type SigningContext } from "./signing-context.ts";
import { storeChanged } from "./store-changed.ts";

/** Most events that one checkpoint adds: about a second's worth of hashing. */
const MAX_LEAVES = 65_536;

export interface Extended {
  readonly size: number;
  readonly leaves: number;
  readonly note: string;
  /** Whether more events wait. */
  readonly more: boolean;
}

/**
 * Adds the events that were committed since, and signs. The order is what makes a crash harmless: tiles and the decision
 * in one transaction, then the memory, then the signature. After any failure the tree in memory is to be thrown away.
 */
export async function extend(context: SigningContext, tree: TileBuilder): Promise<Extended | null> {
  const { client } = context;
  const before = tree.size;
  // The last leaf is read again each time: a tail that was cut off or replaced shows at once.
  const { lastLeaf } = tree;
  if (lastLeaf !== null) {
    await checkLeaves(client, before - 1, before, () => lastLeaf, context);
  }
  const leaves = await nextLeaves(client, before, before + MAX_LEAVES);
  if (leaves.count === 0) {
    return null;
  }

  for (let position = 0; position < leaves.count; position += 1) {
    tree.append(leaves.at(position));
  }
  const root = tree.root();
  await inTransaction(client, async () => {
    await storeChanged(client, tree);
    const decided = await decide(client, tree.size, root);
    if (decided === null || Buffer.compare(decided.root, root) !== 0) {
      throw new LogBuilderError("fork", `The database already holds another tree of size ${tree.size}.`);
    }
  });
  const note = await signDecided(context, tree.size, root);
  return { size: tree.size, leaves: leaves.count, note, more: leaves.count === MAX_LEAVES };
}
