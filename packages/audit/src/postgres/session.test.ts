import { expect, inject, it } from "vitest";
import { createPool } from "./pool.ts";
import { openSession } from "./session.ts";

it("a session whose lease the server refuses keeps no connection of the pool", async () => {
  const pool = createPool({
    connectionString: inject("postgresUrl"),
    name: "session-test",
    maxConnections: 1,
    connectTimeoutMs: 10_000,
  });
  for (const _again of [1, 2]) {
    // In milliseconds, more than the setting may have.
    await expect(openSession(pool, 2 ** 31)).rejects.toMatchObject({ code: "22023" });
    expect(pool.totalCount).toBe(0);
  }
  const session = await openSession(pool, 60_000);
  expect((await session.query("SELECT current_setting('idle_session_timeout') AS lease")).rows).toEqual([
    { lease: "1min" },
  ]);
  session.close();
  expect(session.lost.aborted).toBe(true);
  await pool.end();
});
