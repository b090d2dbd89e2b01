import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuditLog } from "../audit-log.ts";
import { callIntent } from "../testing/records.ts";
import { encodeCursor } from "./cursor.ts";
import { createAuditReader, type AuditReader } from "./reader.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";

/** Names as a user chooses them who wants to be overlooked, to look like another, or to be run by a spreadsheet. */
const NAMES = [
  "%",
  "_lice",
  "\\",
  "alice'; DROP TABLE gateway_audit_events; --",
  "\u202Eecila",
  "a\u0301lice",
  "\u00E1lice",
  "=HYPERLINK(1)",
  '"\r\n-1',
  "$1",
  "1'::text",
  "{a,b}",
  "NULL",
  "x".repeat(256),
] as const;
const TIMES = [0, 86_399.999_999, 86_400, 253_402_300_799] as const;

/** The next one: where one day's partition ends and another begins. */
const MIDNIGHT = Math.ceil(Date.now() / 86_400_000) * 86_400;

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let reader: AuditReader;

beforeAll(async () => {
  database = await createAuditDatabase();
  const log = createAuditLog({ connectionString: database.url });
  for (const user_id of ["alice", ...NAMES]) {
    for (const tool_name of ["read", ...NAMES]) {
      await log.record(callIntent({ user_id, tool_name, decision: tool_name === "%" ? "deny" : "allow" }));
    }
  }
  for (const timestamp of [...TIMES, MIDNIGHT - 0.000_001, MIDNIGHT]) {
    await log.record(callIntent({ timestamp, user_id: "clock" }));
  }
  await log.close();
  reader = createAuditReader({ connectionString: database.url });
});
afterAll(async () => {
  await reader.close();
  await database.drop();
});

async function everything(filter: Parameters<AuditReader["events"]>[0], limit: number) {
  const events = [];
  let cursor: string | undefined;
  do {
    const page = await reader.events(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    events.push(...page.events);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return events.map(({ seq, event }) => ({ seq, ...event }));
}

it("finds by two fields at once what has both, page by page, whatever stands in them [AUD-6]", async () => {
  const all = await everything({}, 1_000);
  for (const user_id of NAMES) {
    const tool_name = NAMES[(NAMES.indexOf(user_id) + 3) % NAMES.length]!;
    for (const filter of [
      { user_id, tool_name },
      { user_id, server_name: "files" },
      { user_id, decision: "deny" as const, tool_name: "%" },
      { tool_name, server_name: "files" },
      { server_name: "files", event_type: "tool_invoke", user_id },
    ]) {
      const fields = Object.entries(filter) as [keyof (typeof all)[number], string][];
      const expected = all.filter((event) => fields.every(([field, value]) => event[field] === value));
      expect(await everything(filter, 4)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    }
  }
});

describe("times", () => {
  it("are found at the borders of days, of 1970 and of the year 9999 [AUD-3]", async () => {
    const found = async (from: string, to: string) =>
      (await everything({ user_id: "clock", from, to }, 10)).map(({ timestamp }) => timestamp).toReversed();
    expect(await found("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z")).toEqual([
      "1970-01-01T00:00:00.000000Z",
      "1970-01-01T23:59:59.999999Z",
    ]);
    expect(await found("1970-01-01T23:59:59.9999990Z", "1970-01-02T00:00:00.000001+00:00")).toEqual([
      "1970-01-01T23:59:59.999999Z",
      "1970-01-02T00:00:00.000000Z",
    ]);
    expect(await found("0001-01-01T00:00:00Z", "1970-01-01T22:00:00+22:00")).toEqual([]);
    expect(await found("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.5Z")).toEqual([
      "9999-12-31T23:59:59.000000Z",
    ]);
  });

  it("lie in the partitions of their days, and are found on both sides of midnight [AUD-3]", async () => {
    const midnight = new Date(MIDNIGHT * 1_000);
    const day = (offset: number) => {
      const date = new Date(midnight.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
      return `gateway_audit_events_p${date.replaceAll("-", "")}`;
    };
    const rows = await queryDatabase<{ partition: string }>(
      database.url,
      `SELECT tableoid::regclass::text AS partition FROM gateway_audit_events
       WHERE user_id = 'clock' AND "timestamp" BETWEEN $1::timestamptz - interval '1 s' AND $1 ORDER BY "timestamp"`,
      [midnight],
    );
    expect(rows.map(({ partition }) => partition)).toEqual([day(-1), day(0)]);
    const before = await everything(
      { user_id: "clock", from: new Date((MIDNIGHT - 1) * 1_000), to: midnight },
      10,
    );
    const after = await everything({ user_id: "clock", from: midnight, to: "9999-12-31T00:00:00Z" }, 10);
    expect([before.length, after.length]).toEqual([1, 1]);
  });

  it.each([
    ["from", { from: "0000-12-31T00:00:00Z" }],
    ["from", { from: "0001-01-01T00:00:00+01:00" }],
    ["to", { to: "9999-12-31T23:59:59-23:00" }],
    ["to", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
    ["to", { from: "2026-01-01T00:00:00.5Z", to: "2026-01-01T01:00:00.5+01:00" }],
    ["to", { from: new Date(5), to: new Date(4) }],
    ["from", { from: new Date(Number.NaN) }],
    ["user_id", { user_id: "a\u0000" }],
    ["tool_name", { tool_name: "\uD800" }],
    ["user_id", { user_id: "x".repeat(513) }],
  ])("and texts that no event can have are refused by name: %s of %j [AUD-6]", async (field, filter) => {
    await expect(reader.events(filter)).rejects.toMatchObject({ code: "invalid_query", field });
    await expect(reader.export(filter, "csv")[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "invalid_query",
      field,
    });
  });
});

it("exports what lies far apart, a stride at a time [AUD-6]", async () => {
  const { url, drop } = await createAuditDatabase();
  const log = createAuditLog({ connectionString: url });
  await log.record(callIntent({ tenant_id: "rare" }));
  // As if 250,000 others stood between them.
  await queryDatabase(url, "UPDATE gateway_audit_head SET next_seq = 250000");
  await log.record(callIntent({ tenant_id: "rare" }));
  await log.record(callIntent({ tenant_id: "rare" }));
  await log.close();
  const far = createAuditReader({ connectionString: url });
  let text = "";
  for await (const chunk of far.export({ tenant_id: "rare" }, "jsonl")) {
    text += chunk;
  }
  const seqs = text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect(seqs).toEqual([0, 250_000, 250_001]);
  await far.close();
  await drop();
});

it("takes nothing from a cursor but a position within its own question [AUD-6]", async () => {
  const filter = { user_id: "%" };
  const [newest] = await everything(filter, 1_000);
  const far = encodeCursor(Number.MAX_SAFE_INTEGER, filter, "newest_first");
  expect((await reader.events(filter, { cursor: far, limit: 1 })).events[0]?.seq).toBe(newest?.seq);
  const before = encodeCursor(0, filter, "newest_first");
  expect(await reader.events(filter, { cursor: before })).toEqual({ events: [], nextCursor: null });
  const orphans = encodeCursor(5, {}, "newest_first");
  for (const cursor of [
    orphans,
    far.slice(0, -1),
    `${far}AA`,
    Buffer.from("-1.0123456789abcdef").toString("base64url"),
    Buffer.from("1;DROP.0123456789abcdef").toString("base64url"),
    "\u0000",
  ]) {
    await expect(reader.events(filter, { cursor })).rejects.toMatchObject({ field: "cursor" });
  }
});
