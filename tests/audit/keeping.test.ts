import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createAuditLog } from "@sark/audit";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { join } from "node:path";
import { auditCommand } from "../support/audit-command.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

// The command line is a process each time.
const WAIT = { timeout: 30_000, interval: 20 };
const DAY = 86_400;
let tools: McpServerHandle;
const running: GatewayUnderTest[] = [];
beforeAll(async () => {
  tools = await startMcpServer();
});
afterEach(async () => {
  for (const gateway of running.splice(0)) {
    await gateway.close();
  }
});
afterAll(() => tools.close());

async function start(audit: Record<string, unknown>): Promise<GatewayUnderTest> {
  const gateway = await startGatewayUnderTest({
    policies: EVERYONE,
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { audit: { checkpointInterval: "100ms", maintenanceInterval: "500ms", ...audit } },
  });
  running.push(gateway);
  return gateway;
}

function ask(gateway: GatewayUnderTest, path: string) {
  const headers = { "x-api-key": gateway.apiKey };
  return send(gateway.url, { method: "GET", path: `/api/v1/audit/${path}`, headers });
}

/** Calls a tool; resolves to the ids of intent and outcome. */
async function call(gateway: GatewayUnderTest, tool: string, args: Record<string, unknown>) {
  const response = await send(gateway.url, toolCall("tools", tool, args, { "x-api-key": gateway.apiKey }));
  expect(response.status).toBe(200);
  const request = String(response.headers["x-correlation-id"]);
  return vi.waitFor(async () => {
    const [intent, outcome] = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request);
    return { intent: intent!.id, outcome: outcome!.id };
  }, WAIT);
}

describe("retention", () => {
  it("drops what is older than configured, arguments sooner than events; the rest stays provable [AUD-3] [AUD-7]", async () => {
    const gateway = await start({ retention: "10d", payloadRetention: "2d" });
    const log = createAuditLog({
      connectionString: gateway.databaseUrl,
      payloads: { policy: "full" },
    });
    const old = async (days: number) => {
      const record = {
        event_type: "tool_invoke",
        decision: "allow" as const,
        reason: "",
        timestamp: Date.now() / 1_000 - days * DAY,
        gateway_request_id: `days-${days}`,
      };
      const { id, seq } = await log.record(record, { payloads: { arguments: { days } } });
      return { id, seq: Number(seq) };
    };
    const [oldest, older, young] = [await old(20), await old(5), await old(0)];
    await log.close();

    await vi.waitFor(async () => {
      expect((await ask(gateway, `events/${oldest.id}`)).status).toBe(404);
    }, WAIT);
    await vi.waitFor(async () => {
      expect((await ask(gateway, `events/${older.id}`)).json).toMatchObject({ payloads: [] });
    }, WAIT);
    expect((await ask(gateway, `events/${young.id}`)).json).toMatchObject({
      payloads: [{ value: { days: 0 } }],
    });
    expect(await auditRows(gateway.databaseUrl, "event_type = 'retention_purge'")).toContainEqual(
      expect.objectContaining({
        reason: "older than 10 days",
        metadata: expect.objectContaining({ rows: 1, seq_ranges: [[oldest.seq, oldest.seq]] }),
      }),
    );
    expect(await metric(gateway, "sark_audit_purged_rows_total", { table: "events" })).toBe(1);

    expect((await ask(gateway, `receipt/${oldest.id}`)).status).toBe(404);
    expect((await ask(gateway, `receipt/${young.id}`)).status).toBe(200);
    expect(await ask(gateway, `tile/entries/000.p/${oldest.seq + 1}`)).toMatchObject({
      status: 410,
      json: { error: { code: "entry_dropped" } },
    });
    await vi.waitFor(async () => {
      expect(
        await auditCommand(["verify", "--key", join(gateway.dataDirectory, "audit-log.vkey")], {
          DATABASE_URL: gateway.databaseUrl,
        }),
      ).toEqual({ code: 0, report: expect.objectContaining({ ok: true, purged: 1, findings: [] }) });
    }, WAIT);
  });
});

describe("payload policies", () => {
  /** What is kept of one call's arguments and result, and all that stands anywhere in the database. */
  async function kept(audit: Record<string, unknown>) {
    const gateway = await start(audit);
    const args = { text: "card 4711-0815", pin: "planted-pin", password: "planted-password" };
    const { intent, outcome } = await call(gateway, "echo", args);
    const payloads = async (id: string) =>
      ((await ask(gateway, `events/${id}`)).json as { payloads: Record<string, unknown>[] }).payloads;
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ text: string }>(`
      SELECT string_agg(e::text || convert_from(e.canonical, 'UTF8'), '') ||
        (SELECT coalesce(string_agg(coalesce(convert_from(p.body, 'UTF8'), ''), ''), '') FROM gateway_audit_payloads AS p) AS text
      FROM gateway_audit_events AS e`);
    await client.end();
    return { arguments: await payloads(intent), result: await payloads(outcome), text: rows[0]!.text };
  }

  it("none keeps nothing and says nothing [AUD-6]", async () => {
    const { text, ...payloads } = await kept({ arguments: "none", results: "none" });
    expect(payloads).toEqual({ arguments: [], result: [] });
    expect(text).not.toMatch(/planted|4711-0815/);
  });

  it("digest keeps the salt that opens the digest on record, and no body [AUD-6]", async () => {
    const { text, ...payloads } = await kept({ arguments: "digest", results: "digest" });
    expect(payloads).toMatchObject({
      arguments: [{ policy: "digest", value: null, salt: expect.stringMatching(/^[0-9a-f]{32,}$/) }],
      result: [{ policy: "digest", value: null, salt: expect.stringMatching(/^[0-9a-f]{32,}$/) }],
    });
    expect(text).not.toMatch(/planted|4711-0815/);
  });

  it("redacted hides secrets by the usual keys and by configured keys and patterns [AUD-6]", async () => {
    const { text, ...payloads } = await kept({
      results: "redacted",
      redactKeys: "^pin$",
      redactPatterns: ["\\d{4}-\\d{4}"],
    });
    expect(payloads).toMatchObject({
      arguments: [{ value: { text: "card [redacted]", pin: "[redacted]", password: "[redacted]" } }],
      result: [{ value: { content: [{ text: "card [redacted]" }] } }],
    });
    expect(text).not.toMatch(/planted|4711-0815/);
  });

  it("full keeps all of it, up to its bound [AUD-6]", async () => {
    expect(await kept({ arguments: "full", results: "full" })).toMatchObject({
      arguments: [{ value: { pin: "planted-pin" } }],
      result: [{ value: { content: [{ text: "card 4711-0815" }] } }],
    });
    expect(await kept({ arguments: "full", maxPayloadSize: "20B" })).toMatchObject({
      arguments: [{ policy: "digest", value: null }],
    });
  });
});
