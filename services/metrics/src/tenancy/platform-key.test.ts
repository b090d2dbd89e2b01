import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
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

const keyOf = (directory: string) => readFileSync(join(directory, "platform.key"), "utf8").trim();
const good = (key: string) =>
  createApiKeys(opened.database)
    .authenticate(key)
    .then(
      () => true,
      () => false,
    );

it("withdraws the platform's key of before when another one is configured, and takes it back with it [SVC-4]", async () => {
  const { database } = opened;
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

it("gives the operator a key again when the configured one is removed from the settings [SVC-4]", async () => {
  const { database } = opened;
  const directory = join(folder, "removed");
  mkdirSync(directory);
  await ensurePlatformKey(database, directory, undefined);
  const before = keyOf(directory);
  const configured = generateApiKey();
  await ensurePlatformKey(database, directory, configured);
  expect(await good(before)).toBe(false);
  await ensurePlatformKey(database, directory, undefined);
  const after = keyOf(directory);
  // What was withdrawn stays so: the file has another one, which the next start keeps.
  expect([await good(before), await good(after)]).toEqual([false, true]);
  expect(statSync(join(directory, "platform.key")).mode & 0o777).toBe(0o600);
  await ensurePlatformKey(database, directory, undefined);
  expect(keyOf(directory)).toBe(after);
});

it("starts replicas at once with one key, and processes at once on one folder", async () => {
  const { database } = opened;
  const configured = generateApiKey();
  await Promise.all(Array.from({ length: 4 }, () => ensurePlatformKey(database, folder, configured)));
  expect(await good(configured)).toBe(true);
  const directory = join(folder, "at-once");
  mkdirSync(directory);
  await Promise.all(Array.from({ length: 4 }, () => ensurePlatformKey(database, directory, undefined)));
  expect(await good(keyOf(directory))).toBe(true);
});
