import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { expect, inject, it, onTestFinished, vi } from "vitest";
import { lockTable } from "../testing/lock-table.ts";
import { migrateMetrics, rollBackMetrics } from "./migrate.ts";

const NAMES = readdirSync(join(import.meta.dirname, "../../migrations"))
  .filter((file) => file.endsWith(".up.sql"))
  .map((file) => file.slice(0, -".up.sql".length))
  .toSorted();
const [FIRST = "", LAST = ""] = [NAMES[0], NAMES.at(-1)];
const MODULE = pathToFileURL(join(import.meta.dirname, "migrate.ts")).href;
const PROGRAM = `const { migrateMetrics } = await import(${JSON.stringify(MODULE)}); await migrateMetrics(process.argv[1]);`;

it.each([
  ["the first migration after the tables of tenants", FIRST, NAMES.slice(1)],
  ["the last migration", NAMES.at(-2) ?? null, [LAST]],
])(
  "goes on after a process was killed in %s, when all of it but its note is done [SVC-1]",
  async (_what, before, left) => {
    const created = await createTestDatabase(inject("postgresUrl"));
    onTestFinished(() => created.drop());
    await migrateMetrics(created.url);
    await rollBackMetrics(created.url, before);
    // That a migration was applied is noted in its transaction, as its last statement, which waits here.
    const unlock = await lockTable(created.url, "metrics_migrations", "SHARE");
    const program = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM, created.url]);
    const ended = once(program, "exit");
    await vi.waitFor(async () => {
      const rows = await queryDatabase<{ pid: number }>(
        created.url,
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO metrics_migrations%'`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    program.kill("SIGKILL");
    await ended;
    const again = migrateMetrics(created.url);
    await unlock();
    expect(await again).toEqual(left);
  },
);
