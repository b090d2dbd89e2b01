import { expect, it } from "vitest";
import { findStrays } from "./single-places/find-strays.ts";
import { SINGLE_PLACES } from "./single-places/places.ts";

it("finds a second waiting, a second lock and a second connection, with line and reason", () => {
  const text = [
    `import { setTimeout as pause } from "node:timers/promises";`,
    "const pool = new pg.Pool({ max: 1 });",
    "await pool.query(`SELECT pg_try_advisory_lock(7)`);",
    `await pool.query("BEGIN");`,
  ].join("\n");
  expect(findStrays("packages/audit/src/store/x.ts", text, SINGLE_PLACES).toSorted()).toEqual([
    expect.stringMatching(/^packages\/audit\/src\/store\/x\.ts:1: waiting that can be ended is wait\(\)/),
    expect.stringMatching(/^packages\/audit\/src\/store\/x\.ts:2: connections are opened/),
    expect.stringMatching(/^packages\/audit\/src\/store\/x\.ts:3: advisory locks are taken/),
    expect.stringMatching(/^packages\/audit\/src\/store\/x\.ts:4: postgres\/ begins and ends/),
  ]);
});

it.each([
  ["in one step", "running = running.then(runAll);"],
  ["in two", "const done = last.then(work);\n    last = done.catch(() => undefined);"],
  [
    "and with both ways out",
    "const result = turn.then(work, work);\n    turn = result.catch(() => undefined);",
  ],
])("finds a queue that is made by hand of promises, %s", (_how, text) => {
  expect(findStrays("packages/audit/src/store/x.ts", text, SINGLE_PLACES)).toEqual([
    expect.stringMatching(/x\.ts:1: work that is done one after the other is createSequence\(\)/),
  ]);
});

it("lets each stand in its home, and leaves alone what only looks like it", () => {
  expect(findStrays("packages/audit/src/postgres/pool.ts", "new pg.Pool({ max: 1 })", SINGLE_PLACES)).toEqual(
    [],
  );
  const text = `import { setImmediate as nextTurn } from "node:timers/promises"; const pooled = newPool(); // BEGIN`;
  expect(findStrays("packages/audit/src/store/x.ts", text, SINGLE_PLACES)).toEqual([]);
});
