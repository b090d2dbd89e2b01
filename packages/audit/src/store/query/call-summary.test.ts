import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditRecord } from "../../events/record.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";
import { createAuditLog } from "../audit-log.ts";
import type { SummaryGroup } from "./call-summary.ts";
import { createAuditReader, type AuditReader } from "./reader.ts";

const NOON = Date.parse("2026-07-28T12:00:00Z");
const HOUR = 3_600_000;

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let reader: AuditReader;
beforeAll(async () => {
  database = await createAuditDatabase();
  reader = createAuditReader({ connectionString: database.url });
  const log = createAuditLog({ connectionString: database.url });
  const record = (over: Partial<AuditRecord>) =>
    log.record({
      event_type: "tool_invoke",
      server_name: "web",
      tool_name: "search",
      decision: "allow",
      reason: "",
      timestamp: NOON / 1_000,
      gateway_request_id: "r",
      ...over,
    });
  const call = async (outcome: AuditRecord["outcome"], ms: number, over: Partial<AuditRecord> = {}) => {
    const { id } = await record({ phase: "intent", ...over });
    await record({ phase: "outcome", intent_id: id, outcome, duration_ms: ms, ...over });
  };
  for (let n = 1; n <= 100; n++) {
    await call(n <= 90 ? "ok" : n <= 95 ? "tool_error" : n === 96 ? "timeout" : "cancelled", n);
  }
  await call("input_required", 1_000);
  await record({ phase: "intent" });
  await record({ decision: "deny", outcome: "denied" });
  await record({ decision: "deny", outcome: "rate_limited" });
  await record({
    decision: "deny",
    outcome: "rate_limited",
    server_name: null,
    tool_name: null,
    metadata: { repeated: 41 },
  });
  await record({ decision: "deny", outcome: "rate_limited", metadata: { repeated: "many" } });
  // Of an enforcement point elsewhere.
  await record({});
  await call("ok", 5, { server_name: "files", tool_name: "read", tenant_id: "acme" });
  await call("ok", 5, { timestamp: (NOON - 2 * HOUR) / 1_000 });
  await record({ event_type: "resource_read", phase: "intent" });
  await log.close();
});
afterAll(async () => {
  await reader.close();
  await database.drop();
});

const query = {
  from: NOON - HOUR,
  to: NOON + HOUR,
  limit: 10,
  by: "tool",
  percentiles: [50, 95, 99],
} as const;
const summary = (over: Partial<Parameters<AuditReader["callSummary"]>[0]> = {}) =>
  reader.callSummary({ ...query, ...over });

describe("what became of calls of tools [GTW-11] [CLI-2]", () => {
  it("is counted by tool, each way of ending for itself, with durations that occurred", async () => {
    const { rows, truncated } = await summary();
    expect(rows).toEqual([
      {
        of: { server_name: "web", tool_name: "search" },
        permitted: 102,
        denied: 1,
        rateLimited: 2,
        ok: 90,
        failed: 6,
        cancelled: 4,
        inputRequired: 1,
        elsewhere: 1,
        durations: { percentiles: [51, 96, 100], max: 1_000 },
      },
      expect.objectContaining({ of: { server_name: "files", tool_name: "read" }, permitted: 1, ok: 1 }),
    ]);
    expect(truncated).toBe(false);
    const other = await summary({ percentiles: [50, 99.5] });
    expect(other.rows[0]?.durations?.percentiles).toEqual([51, 1_000]);
  });

  it("in all counts what names no tool, too, also where one record stands for many", async () => {
    const { total } = await summary();
    expect(total).toMatchObject({ permitted: 103, rateLimited: 43, ok: 91 });
  });

  it("is of a time, a server, a tool and a tenant as asked for, and no more tools than that", async () => {
    const names = async (over: Parameters<typeof summary>[0]) =>
      (await summary(over)).rows.map(({ of, permitted }) => [of.tool_name, permitted]);
    expect(await names({ from: NOON - 3 * HOUR, to: NOON })).toEqual([["search", 1]]);
    expect(await names({ server: "files" })).toEqual([["read", 1]]);
    expect(await names({ tool: "search" })).toEqual([["search", 102]]);
    expect(await names({ tenant: "acme" })).toEqual([["read", 1]]);
    const first = await summary({ limit: 1 });
    expect(first).toMatchObject({
      rows: [{ of: { tool_name: "search" } }],
      truncated: true,
      total: { permitted: 103 },
    });
    const none = await summary({ tenant: "globex" });
    expect(none).toMatchObject({ rows: [], total: { permitted: 0, rateLimited: 0, durations: null } });
  });

  it("by outcome, reason, server, tenant and user, each row once", async () => {
    const by = async (group: SummaryGroup) =>
      (await summary({ by: group })).rows.map(({ of, permitted, failed }) => [
        ...Object.values(of),
        permitted,
        failed,
      ]);
    expect(await by("outcome")).toContainEqual(["tool_error", 0, 5]);
    expect(await by("server")).toEqual([
      ["web", 102, 6],
      ["files", 1, 0],
      [null, 0, 0],
    ]);
    expect(await by("tenant")).toContainEqual(["acme", 1, 0]);
    expect(await by("user")).toContainEqual(["acme", null, null, 1, 0]);
    expect(await by("reason")).toEqual([["", 103, 6]]);
  });

  it("of one tenant hold nothing of another, and no more rows than asked for", async () => {
    expect((await summary({ by: "user", tenant: "acme" })).total).toMatchObject({
      permitted: 1,
      rateLimited: 0,
    });
    expect(await summary({ by: "server", limit: 1 })).toMatchObject({ rows: { length: 1 }, truncated: true });
  });
});
