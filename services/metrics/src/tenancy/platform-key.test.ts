import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateApiKey } from "@sark/authentication";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createMetricsDatabase } from "../testing/database.ts";
import { createApiKeys } from "./find-key.ts";
import { ensurePlatformKey } from "./platform-key.ts";

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
const folder = mkdtempSync(join(tmpdir(), "sark-platform-key-"));
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterAll(async () => {
  await opened?.drop();
  rmSync(folder, { recursive: true, force: true });
});

it("withdraws the platform's key of before when another one is configured, and takes it back with it [SVC-4]", async () => {
  const { database } = opened;
  const good = (key: string) =>
    createApiKeys(database)
      .authenticate(key)
      .then(
        () => true,
        () => false,
      );
  const [first, second] = [generateApiKey(), generateApiKey()];
  await ensurePlatformKey(database, folder, first);
  expect(await good(first)).toBe(true);
  await ensurePlatformKey(database, folder, second);
  expect([await good(first), await good(second)]).toEqual([false, true]);
  await ensurePlatformKey(database, folder, first);
  expect([await good(first), await good(second)]).toEqual([true, false]);
  // Replicas without a configured key have one each.
  await ensurePlatformKey(database, folder, undefined);
  expect(await good(first)).toBe(true);
});
