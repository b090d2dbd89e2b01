import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateApiKey, isApiKey } from "@sark/authentication";
import { readRegularFile } from "@sark/observability/files";
import type { Database } from "../database/database.ts";
import { digestBytes, insertKey } from "./keys.ts";

const MAX_BYTES = 4_096;

/**
 * Has the platform's administrator have this key, or one that is kept in `platform.key` of the data directory, which the
 * first start makes. A key that was there before and is another one stays good until it is withdrawn.
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
