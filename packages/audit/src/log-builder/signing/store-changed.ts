import { storeTiles } from "../../log-tables/tile-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import type { TileBuilder } from "../../transparency-log/tiles/tile-builder.ts";
import { LogBuilderError } from "../errors.ts";

/** Stores the tiles that are new or wider. Throws `tiles_altered` when a stored tile is not the beginning of the new one. */
export async function storeChanged(client: Queryable, tree: TileBuilder): Promise<void> {
  if (!(await storeTiles(client, tree.takeChanged()))) {
    throw new LogBuilderError(
      "tiles_altered",
      "A stored tile is not the beginning of the one that replaces it.",
    );
  }
}
