import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  startMcpServer,
  startPostgres,
  UNFLUSHED,
  type McpServerHandle,
  type TemporaryPostgres,
} from "@sark/testkit";
import { prepareAuditDatabase } from "@sark/audit/testing";
import { QUICK, SECRETS, startReceivers } from "../support/destinations.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

// Each test breaks it, and has it mended in the end.
let postgres: TemporaryPostgres;
let template: string;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  template = await postgres.createDatabase();
  await prepareAuditDatabase(template);
});
afterAll(() => postgres.stop());

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

interface Setting {
  readonly tools: McpServerHandle;
  readonly gateway: GatewayUnderTest;
}

/** What is not committed by then is refused. On a busy machine that may meet what would be committed, too. */
const REFUSED_SOON = { timeout: "2s" };

/** A gateway on the PostgreSQL that can be broken. */
async function start(
  { database = {}, ...config }: Record<string, unknown> & { readonly database?: object } = {},
  environment = {},
): Promise<Setting> {
  const tools = await startMcpServer();
  cleanup.push(() => tools.close());
  const gateway = await startGatewayUnderTest({
    policies: EVERYONE,
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      ...config,
      database: { url: await postgres.createDatabase({ template }), ...REFUSED_SOON, ...database },
    },
    environment,
  });
  cleanup.push(() => gateway.close());
  return { tools, gateway };
}

function call({ gateway }: Setting, tool: string, args: Record<string, unknown> = {}): Promise<RawResponse> {
  return send(gateway.url, toolCall("tools", tool, args, { "x-api-key": gateway.apiKey }));
}

function authorize({ gateway }: Setting): Promise<RawResponse> {
  return send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: { "x-api-key": gateway.apiKey },
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "echo" },
  });
}

const RELOAD = "SELECT pg_reload_conf()";

async function asOwner(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) {
    await client.query(statement);
  }
  await client.end();
}

async function readiness({ gateway }: Setting): Promise<number> {
  return (await send(gateway.url, { method: "GET", path: "/health/ready" })).status;
}

/** What the health report says of the store, and why it is down. */
async function storeHealth({ gateway }: Setting, component = "audit-store") {
  const headers = { "x-api-key": gateway.apiKey };
  const { json } = await send(gateway.url, { method: "GET", path: "/health/detailed", headers });
  const { components } = json as {
    components: { name: string; status: string; last_failure_message: string | null }[];
  };
  return components.find(({ name }) => name === component);
}

/** Because of the store: on a busy machine another check, too, may have no result for a moment. */
async function expectNotReady(setting: Setting): Promise<void> {
  await vi.waitFor(async () => expect(await storeHealth(setting)).toMatchObject({ status: "down" }));
  expect(await readiness(setting)).toBe(503);
}

function ran({ tools }: Setting): string[] {
  return tools.requests().flatMap(({ method, target }) => (method === "tools/call" ? [target ?? ""] : []));
}

async function expectRefused(setting: Setting): Promise<void> {
  setting.tools.clearRequests();
  const response = await call(setting, "echo", { text: "unrecorded" });
  expect(response).toMatchObject({
    status: 200,
    json: {
      id: 1,
      error: {
        code: -32012,
        message: expect.stringContaining("cannot record this call, so it was not made") as string,
        data: { reason_code: "audit_unavailable", audit_id: null },
      },
    },
  });
  expect(ran(setting)).toEqual([]);
  expect(await authorize(setting)).toMatchObject({
    status: 503,
    headers: { "retry-after": "1" },
    json: { error: { code: "audit_unavailable" } },
  });
}

async function expectRecovered(setting: Setting): Promise<void> {
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(200), {
    timeout: 30_000,
    interval: 100,
  });
  setting.tools.clearRequests();
  await vi.waitFor(async () =>
    expect(await call(setting, "echo", { text: "back" })).toMatchObject({ json: { result: {} } }),
  );
  expect(ran(setting)).toEqual(["echo"]);
}

it("with the store killed, no tool runs and every refusal says why; it comes back by itself and nothing acknowledged is lost [AUD-1] [AUD-4] [HLT-1]", async () => {
  const setting = await start();
  const { gateway } = setting;
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(200));
  // A crash in the middle of traffic: what was acknowledged must be there afterwards.
  const acknowledged: string[] = [];
  const killed = new AbortController();
  const traffic = Array.from({ length: 8 }, async () => {
    while (!killed.signal.aborted) {
      const { status, json } = await authorize(setting);
      if (status === 200) {
        acknowledged.push((json as { audit_id: string }).audit_id);
      }
    }
  });
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), { timeout: 20_000 });
  // Its end comes in the middle of what is under way now.
  const ended = postgres.kill();
  killed.abort();
  await Promise.all([ended, ...traffic]);

  await expectRefused(setting);
  await expectNotReady(setting);
  const detailed = await send(gateway.url, {
    method: "GET",
    path: "/health/detailed",
    headers: { "x-api-key": gateway.apiKey },
  });
  expect(detailed).toMatchObject({
    status: 503,
    json: {
      status: "down",
      components: expect.arrayContaining([
        expect.objectContaining({
          name: "audit-store",
          component: "database",
          status: "down",
          required: true,
        }),
      ]) as unknown,
    },
  });
  expect(await metric(gateway, "sark_audit_failed_writes_total")).toBeGreaterThan(0);

  await postgres.restart();
  await expectRecovered(setting);
  const rows = await auditRows(gateway.databaseUrl);
  const kept = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  // The log has no gap and nothing twice, whatever the crash interrupted.
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_row, index) => index));
});

it.each([
  [
    "events",
    "ALTER TABLE gateway_audit_events RENAME TO elsewhere",
    "ALTER TABLE elsewhere RENAME TO gateway_audit_events",
  ],
  [
    "head",
    "ALTER TABLE gateway_audit_head RENAME TO elsewhere",
    "ALTER TABLE elsewhere RENAME TO gateway_audit_head",
  ],
  [
    "payloads",
    "ALTER TABLE gateway_audit_payloads RENAME TO elsewhere",
    "ALTER TABLE elsewhere RENAME TO gateway_audit_payloads",
  ],
  [
    "column",
    "ALTER TABLE gateway_audit_events RENAME policy TO elsewhere",
    "ALTER TABLE gateway_audit_events RENAME elsewhere TO policy",
  ],
])(
  "is not ready while the store responds, but its %s is missing [HLT-1] [HLT-2]",
  async (_what, breakIt, mend) => {
    const setting = await start({ audit: { arguments: "full" } });
    await vi.waitFor(async () => expect(await readiness(setting)).toBe(200), {
      timeout: 15_000,
      interval: 50,
    });
    await asOwner(setting.gateway.databaseUrl, breakIt);
    await expectNotReady(setting);
    // An engineer called at night reads what is missing.
    expect((await storeHealth(setting))?.last_failure_message).toMatch(
      /"gateway_audit_\w+" does not exist|lost its row/,
    );
    await expectRefused(setting);
    // It does not come back by being asked.
    expect(await readiness(setting)).toBe(503);
    await asOwner(setting.gateway.databaseUrl, mend);
    await expectRecovered(setting);
  },
);

it("is not ready while the store is away and the spool takes no more, as no call goes on then [HLT-1] [HLT-2] [AUD-4]", async () => {
  const setting = await start({ audit: { whenDown: { low: "spool" }, maxSpoolSize: "32KiB" } });
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(200));
  await postgres.kill();
  await vi.waitFor(async () => expect(await storeHealth(setting)).toMatchObject({ status: "down" }), {
    timeout: 15_000,
  });
  // Calls go on, and no load balancer takes the replica away.
  expect(await call(setting, "echo", { text: "spooled" })).toMatchObject({ json: { result: {} } });
  expect(await readiness(setting)).toBe(200);
  await vi.waitFor(() => expectRefused(setting), { timeout: 15_000, interval: 0 });
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(503), { timeout: 15_000 });
  expect(await storeHealth(setting, "audit-spool")).toMatchObject({
    status: "down",
    required: true,
    last_failure_message: expect.stringContaining("is full (32768 bytes)") as string,
  });
  await postgres.restart();
  await expectRecovered(setting);
});

it("with the store hung, calls are refused in bounded time and go on when it responds again [AUD-4] [HLT-2]", async () => {
  const setting = await start();
  await call(setting, "echo", { text: "warm" });
  postgres.pause();
  // In bounded time: before it responds again.
  try {
    await expectRefused(setting);
    await expectNotReady(setting);
    expect(await readiness(setting)).toBe(503);
  } finally {
    postgres.resume();
  }
  await expectRecovered(setting);
});

describe("the outcome of a call that was under way when the store failed [AUD-4]", () => {
  /** A call that the server has taken and responds to at `release`; one that is refused before is made again. */
  async function begin(setting: Setting): Promise<{ end(): Promise<string> }> {
    const pending = call(setting, "stream", { count: 1, gate: "outcome" });
    const refused = pending.then(() => ran(setting).length === 0);
    const taken = vi.waitFor(() => expect(ran(setting)).toEqual(["stream"])).then(() => false);
    if (await Promise.race([refused, taken])) {
      return begin(setting);
    }
    return {
      /** The id of its request. */
      async end() {
        setting.tools.release("outcome");
        const response = await pending;
        expect(response).toMatchObject({ json: { result: { content: [{ text: "sent 1" }] } } });
        return String(response.headers["x-correlation-id"]);
      },
    };
  }

  async function expectOutcome(databaseUrl: string, outcome: string, request?: string): Promise<void> {
    const trail = await vi.waitFor(
      async () => {
        const rows = await auditRows(
          databaseUrl,
          "tool_name = 'stream' AND gateway_request_id = coalesce($1, gateway_request_id)",
          request,
        );
        expect(rows).toHaveLength(2);
        return rows;
      },
      { timeout: 30_000, interval: 50 },
    );
    expect(trail).toEqual([
      expect.objectContaining({ phase: "intent" }),
      expect.objectContaining({ phase: "outcome", outcome, intent_id: trail[0]?.["id"] }),
    ]);
  }

  async function spooled({ gateway }: Setting): Promise<void> {
    await vi.waitFor(async () => expect(await metric(gateway, "sark_audit_spool_bytes")).toBeGreaterThan(0), {
      timeout: 20_000,
    });
  }

  it.each<[string, (url: string) => Promise<void>, (url: string) => Promise<void>]>([
    ["stopped", () => postgres.kill(), () => postgres.restart()],
    ["hung", async () => postgres.pause(), async () => postgres.resume()],
    [
      "went read-only",
      (url) => asOwner(url, "ALTER SYSTEM SET default_transaction_read_only = on", RELOAD),
      (url) => asOwner(url, "ALTER SYSTEM RESET default_transaction_read_only", RELOAD),
    ],
    [
      "lost its table",
      (url) => asOwner(url, "ALTER TABLE gateway_audit_events RENAME TO elsewhere"),
      (url) => asOwner(url, "ALTER TABLE elsewhere RENAME TO gateway_audit_events"),
    ],
  ])("that %s waits, and is recorded when it is back", async (_what, breakIt, mend) => {
    const setting = await start({ database: { timeout: "500ms" } });
    const running = await begin(setting);
    let request: string;
    await breakIt(setting.gateway.databaseUrl);
    try {
      request = await running.end();
      await spooled(setting);
    } finally {
      await mend(setting.gateway.databaseUrl);
    }
    await expectOutcome(setting.gateway.databaseUrl, "ok", request);
    await vi.waitFor(async () => expect(await metric(setting.gateway, "sark_audit_spool_bytes")).toBe(0));
  });

  it("survives a shutdown in between", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-outcomes-"));
    cleanup.push(async () => rmSync(folder, { recursive: true }));
    const config = {
      dataDirectory: folder,
      database: { url: await postgres.createDatabase({ template }), timeout: "500ms" },
    };
    const first = await start(config);
    const running = await begin(first);
    await postgres.kill();
    const request = await running.end();
    await first.gateway.gateway.close();
    expect(readdirSync(join(folder, "audit-spool"))).toEqual([
      "folder.lock",
      expect.stringMatching(/^spool-/),
    ]);
    await postgres.restart();
    await start(config);
    await expectOutcome(config.database.url, "ok", request);
  });

  it("is `cancelled` where a shutdown cut the call off", async () => {
    const setting = await start({ database: { timeout: "10m" } });
    const cut = call(setting, "stream", { count: 1, gate: "outcome" }).catch(() => null);
    await vi.waitFor(() => expect(ran(setting)).toEqual(["stream"]));
    await setting.gateway.gateway.close();
    await cut;
    await expectOutcome(setting.gateway.databaseUrl, "cancelled");
  });

  it("leaves a line with what it was and a count where the disk fails, too", async () => {
    const setting = await start({ audit: { maxSpoolSize: "1B" } });
    const { gateway } = setting;
    const running = await begin(setting);
    await postgres.kill();
    await running.end();
    await vi.waitFor(
      () =>
        expect(gateway.lines).toContainEqual(
          expect.objectContaining({
            message: "the outcome of a call could not be recorded",
            server: "tools",
            target: "stream",
            outcome: "ok",
          }),
        ),
      { timeout: 20_000 },
    );
    expect(
      await metric(gateway, "sark_gateway_client_errors_total", {
        operation: "audit_outcome",
        error_type: "audit_unavailable",
      }),
    ).toBe(1);
    await postgres.restart();
    await expectRecovered(setting);
  });
});

it("with the store away, deliveries stand still and say so; they go on by themselves when it is back [SIEM-5] [AUD-5]", async () => {
  const receivers = await startReceivers();
  cleanup.push(receivers.close);
  const setting = await start(
    { destinations: [{ name: "splunk", sink: receivers.sinks.splunk, ...QUICK }] },
    SECRETS,
  );
  const { gateway } = setting;
  const siem = (method: string, path: string, body?: unknown) =>
    send(gateway.url, {
      method,
      path: `/api/v1/siem/destinations${path}`,
      headers: { "x-api-key": gateway.apiKey },
      body,
    });
  await vi.waitFor(async () => expect((await authorize(setting)).status).toBe(200));
  await vi.waitFor(() => expect(receivers.seqs().splunk).toContain(0));
  await postgres.kill();
  for (const response of [
    await siem("GET", ""),
    await siem("GET", "/splunk"),
    await siem("GET", "/splunk/quarantine"),
    await siem("POST", "/splunk/pause", { reason: "a test" }),
    await siem("POST", "/splunk/flush"),
    await siem("DELETE", "/splunk"),
  ]) {
    expect(response).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      json: { error: { code: "audit_unavailable" } },
    });
  }
  await postgres.restart();
  await expectRecovered(setting);
  await vi.waitFor(async () => {
    const seqs = (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
    expect(receivers.seqs().splunk).toEqual(seqs);
    expect(await siem("GET", "/splunk")).toMatchObject({ status: 200, json: { balanced: true } });
  });
});
