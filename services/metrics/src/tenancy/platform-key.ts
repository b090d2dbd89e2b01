import { join } from "node:path";
import { generateApiKey, isApiKey } from "@sark/authentication";
import { readRegularFile, replaceFile } from "@sark/observability/files";
import { createFileOnce } from "@sark/service-start";
import type { Database, Queryable } from "../database/database.ts";
import { digestBytes, insertKey } from "./keys.ts";

const MAX_BYTES = 4_096;

/**
 * Has the platform's administrator have this key, or one that is kept in `platform.key` of the data directory, which the
 * first start makes. A configured key withdraws those of earlier starts, for good: where the setting is removed and the
 * file's key was withdrawn, the file gets a new one. A key of a file withdraws none, as each replica has a file.
 */
export async function ensurePlatformKey(
  database: Pick<Database, "asPlatform">,
  dataDirectory: string,
  configured: string | undefined,
): Promise<{ readonly file: string | null }> {
  if (configured !== undefined) {
    checkForm(configured);
    await inTurn(database, async (tx) => {
      // The configured key is the same on every replica, and takes the place of all that a start has made before.
      await tx.query(
        `UPDATE metrics.api_keys
         SET revoked_at = CASE WHEN sha256 = $1 THEN NULL ELSE coalesce(revoked_at, now()) END
         WHERE tenant_id IS NULL AND created_by = 'start'`,
        [digestBytes(configured)],
      );
      await insertUnlessThere(tx, configured);
    });
    return { file: null };
  }
  const file = join(dataDirectory, "platform.key");
  createFileOnce(file, () => `${generateApiKey()}\n`);
  await inTurn(database, async (tx) => {
    const key = readRegularFile(file, MAX_BYTES).toString("utf8").trim();
    checkForm(key);
    const { rows } = await tx.query<{ is_withdrawn: boolean }>(
      "SELECT revoked_at IS NOT NULL AS is_withdrawn FROM metrics.api_keys WHERE sha256 = $1",
      [digestBytes(key)],
    );
    if (rows[0]?.is_withdrawn !== true) {
      await insertUnlessThere(tx, key);
      return;
    }
    const next = generateApiKey();
    await insertUnlessThere(tx, next);
    await replaceFile(file, `${next}\n`);
  });
  return { file };
}

function checkForm(key: string): void {
  if (!isApiKey(key)) {
    throw new TypeError(
      "The key of the platform's administrator is not in the form of an API key of this service.",
    );
  }
}

/** Of services that start at once, one after the other. Keys are read meanwhile, and changed after it. */
async function inTurn(
  database: Pick<Database, "asPlatform">,
  work: (tx: Queryable) => Promise<void>,
): Promise<void> {
  await database.asPlatform("api_keys", async (tx) => {
    await tx.query("LOCK TABLE metrics.api_keys IN SHARE ROW EXCLUSIVE MODE");
    await work(tx);
  });
}

async function insertUnlessThere(tx: Queryable, key: string): Promise<void> {
  const { rowCount } = await tx.query("SELECT 1 FROM metrics.api_keys WHERE sha256 = $1", [digestBytes(key)]);
  if (rowCount === 0) {
    await insertKey(
      tx,
      null,
      {
        name: "platform",
        principal: "platform",
        type: "user",
        roles: ["platform", "metrics"],
        expiresAt: null,
        createdBy: "start",
      },
      key,
    );
  }
}
