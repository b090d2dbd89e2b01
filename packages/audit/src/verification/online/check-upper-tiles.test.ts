import { hash } from "node:crypto";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTestLog, type TestLog } from "../../log-builder/testing/test-log.ts";
import { storeTiles } from "../../log-tables/tile-table.ts";
import { createTileBuilder } from "../../transparency-log/tiles/tile-builder.ts";
import { withConnection } from "../rows/log-connection.ts";
import { checkUpperTiles } from "./check-upper-tiles.ts";

/** Two complete tiles of level 1, a third that is not, and one of level 2. */
const SIZE = 2 * 65_536 + 1_000;

let log: TestLog;
let root: Uint8Array;
beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
  const tree = createTileBuilder();
  for (let leaf = 0; leaf < SIZE; leaf += 1) {
    tree.append(hash("sha256", String(leaf), "buffer"));
  }
  await storeTiles(log.pool, tree.takeChanged());
  root = tree.root();
});
afterAll(() => log.close());

const check = () =>
  withConnection(log.pool, (connection) =>
    checkUpperTiles(connection, { origin: "sark.example/audit", size: SIZE, root }),
  );

it("finds nothing in tiles that lead to what was signed [AUD-7]", async () => {
  expect(await check()).toBeNull();
});

it.each([
  ["a complete tile", { level: 1, index: 1, position: 7 }, 65_536 + 7 * 256],
  ["the last tile of a level", { level: 1, index: 2, position: 2 }, 2 * 65_536 + 2 * 256],
  ["the tile at the top", { level: 2, index: 0, position: 1 }, 65_536],
])("names the first events below a hash that was altered in %s [AUD-7]", async (_what, place, seq) => {
  const { level, index, position } = place;
  await log.query("CREATE TABLE kept AS SELECT * FROM gateway_audit_tiles");
  await log.query(
    `UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM $3 * 32 + 1)
     WHERE level = $1 AND index = $2`,
    [level, index, position],
  );
  expect(await check()).toMatchObject({
    kind: "tiles_altered",
    seq,
    message: expect.stringContaining(`Tile ${level}/${index} was altered`) as string,
  });
  // A missing tile can be made again; the others must still be right.
  await log.query("DELETE FROM gateway_audit_tiles WHERE level = $1 AND index = $2", [level, index]);
  expect(await check()).toBeNull();
  await log.query("TRUNCATE gateway_audit_tiles");
  await log.query("INSERT INTO gateway_audit_tiles SELECT * FROM kept");
  await log.query("DROP TABLE kept");
});
