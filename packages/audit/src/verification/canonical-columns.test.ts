import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { createCanonicalWriter } from "./canonical-columns.ts";
import { EVENT_FIELDS } from "./event-rows.ts";
import { withConnection } from "./log-connection.ts";

let log: TestLog;
beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());

/** What the columns of all rows give, beside what was stored. */
async function written(): Promise<{ columns: string | null; stored: string }[]> {
  const found: { columns: string | null; stored: string }[] = [];
  const write = createCanonicalWriter();
  const fields = EVENT_FIELDS.map((name) => `"${name}"`).join(", ");
  await withConnection(log.pool, ({ copy }) =>
    copy(`SELECT ${fields} FROM gateway_audit_events ORDER BY seq`, EVENT_FIELDS.length, (row) => {
      const { bytes, offsets, lengths } = row;
      const stored = bytes.toString("latin1", offsets[1], offsets[1]! + lengths[1]!);
      found.push({ columns: write(row, 3), stored });
    }),
  );
  await log.empty();
  return found;
}

it("writes the bytes that were logged from the columns, and nothing for text that JSON escapes [AUD-7]", async () => {
  await log.append(100);
  const rows = await written();
  expect(rows).toHaveLength(100);
  // Of two events each, one has text that needs escaping.
  expect(rows.filter(({ columns, stored }) => columns === stored)).toHaveLength(50);
  expect(rows.filter(({ columns }) => columns === null)).toHaveLength(50);
});

it("writes fractions, exponents, times at the edges and empty columns as they were logged [AUD-7]", async () => {
  const plain = { agent_id: "a", reason: "r" };
  for (const duration_ms of [0, 0.1, 1e-7, 123_456_789.125, 1e21, null])
    await log.append(1, { ...plain, duration_ms });
  for (const timestamp of [946_684_800, 1_795_000_000.999999, 9_000_000_000])
    await log.append(1, { ...plain, timestamp });
  await log.append(1, { ...plain, user_id: null, outcome: null, policy: null, metadata: {}, session_id: "" });
  await log.append(1, { ...plain, metadata: { b: [{ z: "ü", a: null }], a: 1e300, "": '\u0007"' } });
  for (const { columns, stored } of await written()) expect(columns).toBe(stored);
});

it("leaves to a closer look what it cannot write [AUD-7]", async () => {
  const plain = { agent_id: "a", reason: "r" };
  // Before 2000, after 2285, keys that are numbers.
  for (const timestamp of [0, 100_000_000_000]) await log.append(1, { ...plain, timestamp });
  await log.append(1, { ...plain, metadata: { 10: 1, 9: 2 } });
  for (const { columns, stored } of await written()) expect(columns).not.toBe(stored);
});
