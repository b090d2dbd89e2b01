import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuditLog } from "../audit-log.ts";
import { callIntent, callOutcome } from "../testing/records.ts";
import { createAuditReader, type AuditReader } from "./reader.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let reader: AuditReader;
let intentId: string;
const day = Date.UTC(2026, 10, 21) / 1_000;

beforeAll(async () => {
  database = await createAuditDatabase();
  const log = createAuditLog({ connectionString: database.url });
  const intent = await log.record(callIntent({ gateway_request_id: "trail", timestamp: day }));
  intentId = intent.id;
  const crashed = await log.record(
    callIntent({ gateway_request_id: "trail", tool_name: "write", timestamp: day }),
  );
  await log.record(
    callOutcome(intent.id, { gateway_request_id: "trail", outcome: "tool_error", timestamp: day + 1 }),
  );
  await log.record(
    callIntent({
      gateway_request_id: "trail",
      phase: "decision",
      decision: "deny",
      outcome: "denied",
      timestamp: day,
    }),
  );
  await log.record(callOutcome("01a1fdb2-cca1-7d32-8059-ad0b185f980f", { gateway_request_id: "other" }));
  for (let index = 0; index < 50; index += 1) {
    await log.record(
      callIntent({
        user_id: index % 2 === 0 ? "bob" : null,
        agent_id: index % 2 === 0 ? null : "crawler",
        tool_name: `tool-${index % 5}`,
        event_type: index % 10 === 0 ? "discovery" : "tool_invoke",
        decision: index % 10 === 3 ? "deny" : "allow",
        tenant_id: "acme",
        timestamp: day + 3_600 + index,
        gateway_request_id: `request-${index}`,
      }),
    );
  }
  expect(crashed.seq).toBe(1n);
  await log.close();
  reader = createAuditReader({ connectionString: database.url });
});
afterAll(async () => {
  await reader.close();
  await database.drop();
});

/** Every page of a query, one after another. */
async function allPages(...[filter, options]: Parameters<AuditReader["events"]>): Promise<number[][]> {
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.events(filter, { ...options, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page.events.map(({ seq }) => seq));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

it("gives an event by its id, with its place and its leaf hash [AUD-6]", async () => {
  const found = await reader.event(intentId);
  expect(found).toMatchObject({
    seq: 0,
    event: {
      id: intentId,
      user_id: "alice",
      tool_name: "read",
      timestamp: "2026-11-21T00:00:00.000000Z",
      metadata: { method: "tools/call" },
    },
  });
  const canonical = Buffer.from(`\0${canonicalize(found?.event)}`);
  expect(found?.leafHash).toBe(createHash("sha256").update(canonical).digest("hex"));
  expect(await reader.event("01a1fdb2-cca1-7d32-8059-ad0b185f9800")).toBeNull();
  expect(await reader.event("no id")).toBeNull();
});

it("joins the intents of a request with their outcomes, in order [AUD-6]", async () => {
  const trail = await reader.trail("trail");
  expect(trail.truncated).toBe(false);
  expect(trail.events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
  expect(trail.steps).toMatchObject([
    { kind: "call", intent: { seq: 0 }, outcome: { seq: 2, event: { outcome: "tool_error" } } },
    { kind: "call", intent: { seq: 1 }, outcome: null },
    { kind: "decision", event: { seq: 3, event: { outcome: "denied" } } },
  ]);
  expect(await reader.trailOf(intentId)).toEqual(trail);
  expect((await reader.trail("other")).steps).toMatchObject([{ kind: "outcome", event: { seq: 4 } }]);
  expect((await reader.trail("unknown")).steps).toEqual([]);
  expect(await reader.trailOf("01a1fdb2-cca1-7d32-8059-ad0b185f9800")).toBeNull();
});

describe("filters [AUD-6]", () => {
  const ofBatch = (keep: (index: number) => boolean): number[] =>
    Array.from({ length: 50 }, (_none, index) => index)
      .filter(keep)
      .map((index) => index + 5);
  it.each([
    ["user", { user_id: "bob" }, ofBatch((index) => index % 2 === 0)],
    ["agent", { agent_id: "crawler" }, ofBatch((index) => index % 2 === 1)],
    ["tool", { tool_name: "tool-3" }, ofBatch((index) => index % 5 === 3)],
    [
      "server and decision",
      { server_name: "files", decision: "deny" as const, tenant_id: "acme" },
      ofBatch((index) => index % 10 === 3),
    ],
    ["type", { event_type: "discovery" }, ofBatch((index) => index % 10 === 0)],
    ["request", { gateway_request_id: "request-7" }, ofBatch((index) => index === 7)],
    ["outcome", { outcome: "tool_error" as const }, [2]],
    [
      "time",
      { from: new Date((day + 3_610) * 1_000), to: "2026-11-21T02:00:15+01:00" },
      ofBatch((index) => index >= 10 && index < 15),
    ],
  ])("by %s", async (_what, filter, expected) => {
    const { events } = await reader.events(filter, { order: "oldest_first" });
    expect(events.map(({ seq }) => seq)).toEqual(expected);
  });
});

it("pages without repeating or skipping, while events are added [AUD-6]", async () => {
  const newest = await allPages({ user_id: "bob" }, { limit: 10 });
  expect(newest.map((page) => page.length)).toEqual([10, 10, 5]);
  expect(newest.flat()).toEqual(newest.flat().toSorted((a, b) => b - a));
  const oldest = await allPages({ user_id: "bob" }, { limit: 7, order: "oldest_first" });
  expect(oldest.flat()).toEqual(newest.flat().toReversed());

  const first = await reader.events({ user_id: "bob" }, { limit: 10 });
  const log = createAuditLog({ connectionString: database.url });
  await log.record(callIntent({ user_id: "bob" }));
  await log.close();
  const second = await reader.events({ user_id: "bob" }, { limit: 10, cursor: first.nextCursor! });
  expect(second.events.map(({ seq }) => seq)).toEqual(newest[1]);
});

it("refuses what makes no sense, by its name [AUD-6]", async () => {
  const { nextCursor } = await reader.events({ user_id: "bob" }, { limit: 1 });
  const refusals: [string, Promise<unknown>][] = [
    ["user", reader.events({ user: "bob" } as never)],
    ["decision", reader.events({ decision: "perhaps" } as never)],
    ["from", reader.events({ from: "yesterday" })],
    ["limit", reader.events({}, { limit: 0 })],
    ["limit", reader.events({}, { limit: 1_001 })],
    ["order", reader.events({}, { order: "random" as never })],
    ["cursor", reader.events({}, { cursor: "x".repeat(10_000) })],
    ["cursor", reader.events({ user_id: "alice" }, { cursor: nextCursor! })],
    ["cursor", reader.events({ user_id: "bob" }, { cursor: nextCursor!, order: "oldest_first" })],
    ["limit", reader.orphanedIntents({ limit: 1.5 })],
  ];
  for (const [field, refusal] of refusals) {
    await expect(refusal).rejects.toMatchObject({ code: "invalid_query", field });
  }
});

async function exported(...[filter, format]: Parameters<AuditReader["export"]>): Promise<string> {
  let text = "";
  for await (const chunk of reader.export(filter, format)) {
    text += chunk;
  }
  return text;
}

it("exports JSON Lines whose events are the very bytes that were logged [AUD-6]", async () => {
  const lines = (await exported({ tenant_id: "acme" }, "jsonl")).trimEnd().split("\n");
  expect(lines).toHaveLength(50);
  for (const line of lines) {
    const { leaf_hash } = JSON.parse(line) as { leaf_hash: string };
    const bytes = line.slice(line.indexOf('"event":') + 8, -1);
    expect(createHash("sha256").update(`\0${bytes}`).digest("hex")).toBe(leaf_hash);
  }
  await expect(exported({}, "xml" as never)).rejects.toMatchObject({
    code: "invalid_query",
    field: "format",
  });
});

it("exports CSV that no spreadsheet takes for a formula [AUD-6]", async () => {
  const log = createAuditLog({ connectionString: database.url });
  const reason = '=HYPERLINK("http://evil","x"),\nnext';
  await log.record(callIntent({ user_id: "@cmd", tool_name: "-1+1", reason, gateway_request_id: "csv" }));
  await log.close();
  const [head, ...rest] = (await exported({ gateway_request_id: "csv" }, "csv")).split("\r\n");
  expect(head?.split(",").slice(0, 5)).toEqual(["seq", "id", "timestamp", "event_type", "user_id"]);
  const line = rest.join("\r\n");
  expect(line).toContain(
    `,tool_invoke,'@cmd,,files,'-1+1,allow,"'=HYPERLINK(""http://evil"",""x""),\nnext",csv,`,
  );
  expect(line).toContain(`"{""method"":""tools/call""}"`);
  expect(line.endsWith("\r\n")).toBe(true);
});

it.each([
  ["a list separator", "x;=1+1", "x;'=1+1"],
  ["a tab", "x\t@cmd", "x\t'@cmd"],
  ["a list separator and blanks", "x; +1", "x; '+1"],
  ["a line end", "x\n-1+1", '"x\n\'-1+1"'],
  ["a quote and a list separator", 'x";=1+1', '"x"";\'=1+1"'],
  ["a wide sign", "x;\uff1d1+1", "x;'\uff1d1+1"],
  ["a blank", " =1+1", " '=1+1"],
])(
  "exports CSV in which no cell begins behind %s, whatever the locale's separator [AUD-6]",
  async (what, text, cell) => {
    const log = createAuditLog({ connectionString: database.url });
    await log.record(callIntent({ reason: text, gateway_request_id: what }));
    await log.close();
    expect(await exported({ gateway_request_id: what }, "csv")).toContain(`,allow,${cell},${what},`);
  },
);

it("exports a page at a time, what was there at the beginning, in bounded reads [AUD-6]", async () => {
  const own = await createAuditDatabase();
  const log = createAuditLog({ connectionString: own.url });
  const big = "x".repeat(60_000);
  const ids = await Promise.all(
    Array.from({ length: 300 }, () => log.record(callIntent({ metadata: { big } })).then(({ id }) => id)),
  );
  const ownReader = createAuditReader({ connectionString: own.url });
  const chunks: string[] = [];
  for await (const chunk of ownReader.export({}, "jsonl")) {
    if (chunks.length === 0) {
      await log.record(callIntent());
    }
    chunks.push(chunk);
  }
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(9 * 1024 * 1024);
  const lines = chunks.join("").trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { event: { id: string } }).event.id)).toEqual(ids);
  const page = await ownReader.events({}, { limit: 1_000 });
  expect(page.events.length).toBeLessThan(200);
  expect(page.nextCursor).not.toBeNull();
  await ownReader.close();
  await log.close();
  await own.drop();
});

it("says that the store is away by a typed error", async () => {
  const away = createAuditReader({ connectionString: "postgres://nouser@127.0.0.1:1/none" });
  await expect(away.events({})).rejects.toMatchObject({ code: "store_unavailable" });
  await away.close();
  const slow = createAuditReader({ connectionString: database.url, timeoutMs: 200 });
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  await blocker.query("BEGIN; LOCK TABLE gateway_audit_events");
  await expect(slow.events({})).rejects.toMatchObject({ code: "store_timeout" });
  await blocker.end();
  await slow.close();
});
