import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateApiKey, isApiKey } from "@sark/authentication";
import { readRegularFile } from "@sark/observability/files";
import type { Database } from "../database/database.ts";
import { digestBytes, insertKey } from "./keys.ts";

const MAX_BYTES = 4_096;

/**
 * Has the platform's administrator have this key, or one that is kept in `platform.key` of the data directory, which the
 * first start makes. A configured key withdraws those of earlier starts; one of a file does not, as each replica has a file.
 */
export async function ensurePlatformKey(
  database: Pick<Database, "asPlatform">,
  dataDirectory: string,
  configured: string | undefined,
): Promise<{ readonly file: string | null }> {
  const file = join(dataDirectory, "platform.key");
  const key = configured ?? readOrMake(file);
  if (!isApiKey(key)) {
    throw new TypeError(
      "The key of the platform's administrator is not in the form of an API key of this service.",
    );
  }
  await database.asPlatform("api_keys", async (tx) => {
    const { rowCount } = await tx.query("SELECT 1 FROM metrics.api_keys WHERE sha256 = $1", [
      digestBytes(key),
    ]);
    if (configured !== undefined) {
      // The configured key is the same on every replica, and takes the place of all that a start has made before.
      await tx.query(
        `UPDATE metrics.api_keys
         SET revoked_at = CASE WHEN sha256 = $1 THEN NULL ELSE coalesce(revoked_at, now()) END
         WHERE tenant_id IS NULL AND created_by = 'start'`,
        [digestBytes(key)],
      );
    }
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
  });
  return { file: configured === undefined ? file : null };
}

function readOrMake(file: string): string {
  if (!existsSync(file)) {
    writeFileSync(file, `${generateApiKey()}\n`, { mode: 0o600, flag: "wx" });
  }
  return readRegularFile(file, MAX_BYTES).toString("utf8").trim();
}
