import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requireServer, startMcpServer, startRsyslog, type McpServerHandle } from "@sark/testkit";
import { QUICK, SECRETS, siemHealth, startReceivers, type Receivers } from "../support/destinations.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const rsyslogd = requireServer("rsyslogd");
let receivers: Receivers;
let tools: McpServerHandle;
let folder: string;
const cleanup: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  receivers = await startReceivers();
  tools = await startMcpServer();
  folder = mkdtempSync(join(tmpdir(), "sark-siem-"));
  cleanup.push(tools.close, receivers.close, async () => rmSync(folder, { recursive: true }));
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

/** A gateway with these destinations, each as impatient as its test can bear. */
async function start(
  destinations: readonly Record<string, unknown>[],
  config: Record<string, unknown> = {},
): Promise<GatewayUnderTest> {
  const gateway = await startGatewayUnderTest({
    policies: EVERYONE,
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { destinations: destinations.map((one) => ({ ...QUICK, ...one })), ...config },
    environment: SECRETS,
  });
  cleanup.push(gateway.close);
  return gateway;
}

/** For the next gateway on the same data. */
const continuing = ({ databaseUrl, dataDirectory }: GatewayUnderTest) => ({
  database: { url: databaseUrl },
  dataDirectory,
});
const everywhere = () => Object.entries(receivers.sinks).map(([name, sink]) => ({ name, sink }));
const key = (gateway: GatewayUnderTest) => ({ "x-api-key": gateway.apiKey });

async function siem(
  gateway: GatewayUnderTest,
  method: string,
  path: string,
  body?: unknown,
): Promise<RawResponse> {
  return send(gateway.url, { method, path: `/api/v1/siem/destinations${path}`, headers: key(gateway), body });
}

/** One call of a tool over MCP and one decision over REST: three events. */
async function act(gateway: GatewayUnderTest): Promise<string[]> {
  const called = await send(gateway.url, toolCall("tools", "add", { a: 1, b: 2 }, key(gateway)));
  expect(called.status).toBe(200);
  const decided = await send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: key(gateway),
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "add", parameters: {} },
  });
  expect(decided.status).toBe(200);
  const requests = [called, decided].map(({ headers }) => String(headers["x-correlation-id"]));
  return vi.waitFor(async () => {
    const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = ANY ($1)", requests);
    expect(rows).toHaveLength(3);
    return rows.map(({ id }) => id);
  });
}

async function recordAt(gateway: GatewayUnderTest, timestamp: number, reason: string): Promise<void> {
  const body = { event_type: "discovery", decision: "allow", reason, timestamp, gateway_request_id: "r" };
  const response = await send(gateway.url, { path: "/api/v1/gateway/audit", headers: key(gateway), body });
  expect(response.status).toBe(201);
}

/** Numbers of everything on record. */
async function recorded(gateway: GatewayUnderTest): Promise<number[]> {
  return (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
}

describe("every recorded event", () => {
  it("arrives at every destination, packed, within the time of a batch [AUD-5] [SIEM-1] [SIEM-2] [SIEM-3]", async () => {
    const rsyslog = rsyslogd === null ? null : await startRsyslog();
    if (rsyslog !== null) {
      cleanup.push(rsyslog.close);
    }
    const { port = 0 } = rsyslog ?? {};
    const sink = { type: "syslog", host: "127.0.0.1", port, transport: "tcp", settleTime: "50ms" };
    const gateway = await start([...everywhere(), ...(rsyslog === null ? [] : [{ name: "syslog", sink }])]);
    const ids = await act(gateway);
    const seqs = await recorded(gateway);
    await vi.waitFor(() => {
      const lines = rsyslog?.messages().map(({ message }) => (JSON.parse(message) as { seq: number }).seq);
      expect(lines ?? seqs).toEqual(seqs);
    });
    await vi.waitFor(() => {
      const all = receivers.seqs();
      expect(all).toEqual(Object.fromEntries(Object.keys(all).map((name) => [name, seqs])));
    });
    const events = receivers.splunk.indexed();
    expect(events.map(({ fields }) => fields["audit_id"])).toEqual(expect.arrayContaining(ids));
    for (const { sourcetype, source, host, time } of events) {
      expect({ sourcetype, source }).toEqual({ sourcetype: "sark:gateway", source: "sark" });
      expect(host).not.toBeNull();
      expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(3_600);
    }
    for (const { headers } of receivers.splunk.requests().filter(({ operation }) => operation === "events")) {
      expect(headers["content-encoding"]).toBe("gzip");
    }
    expect(receivers.datadog.logs()[0]).toMatchObject({
      ddsource: "sark",
      ddtags: expect.arrayContaining([
        "service:sark-gateway",
        "event_type:tool_invoke",
        "decision:allow",
      ]) as string[],
    });
  });

  it("goes out in hundreds, the rest without a full batch, unless told otherwise [SIEM-1]", async () => {
    const gateway = await startGatewayUnderTest({
      policies: EVERYONE,
      upstreams: [],
      config: { destinations: [{ name: "webhook", sink: receivers.sinks.webhook }] },
      environment: SECRETS,
    });
    cleanup.push(gateway.close);
    // All of them are there before the first is sent: how quickly they are written decides nothing.
    await siem(gateway, "POST", "/webhook/pause", { reason: "a test" });
    await Promise.all(
      Array.from({ length: 130 }, (_, at) => recordAt(gateway, Date.now() / 1_000, `event ${at}`)),
    );
    await siem(gateway, "POST", "/webhook/resume");
    const batches = () =>
      receivers.webhook.collected().map((request) => (JSON.parse(request.text) as unknown[]).length);
    // None is larger, and the last one does not wait to be full.
    const all = (await recorded(gateway)).length;
    await vi.waitFor(() =>
      expect(batches().reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(all),
    );
    expect(Math.max(...batches())).toBe(100);
  });

  it("is counted on its way: figures, metrics and health agree [SIEM-6] [MET-10]", async () => {
    const gateway = await start(everywhere());
    await act(gateway);
    const written = (await recorded(gateway)).length;
    for (const name of Object.keys(receivers.sinks)) {
      await vi.waitFor(async () => {
        expect((await siem(gateway, "GET", `/${name}`)).json).toMatchObject({
          written,
          acknowledged: written,
          behind: { events: 0, seconds: 0 },
          balanced: true,
          configured: true,
          state: "running",
        });
      });
      const labels = { destination: name };
      expect(await metric(gateway, "sark_siem_events_acknowledged_total", labels)).toBe(written);
      expect(await metric(gateway, "sark_siem_backlog_events", labels)).toBe(0);
      expect(await metric(gateway, "sark_siem_connection_up", labels)).toBe(1);
      expect(await metric(gateway, "sark_siem_breaker_state", { ...labels, state: "closed" })).toBe(1);
      expect(await siemHealth(gateway, name)).toMatchObject({
        status: "ok",
        required: false,
        details: { breaker: { state: "closed" }, backlog: { events: 0 }, compression: {} },
      });
    }
  });
});

describe("a destination with a wrong key", () => {
  it("pauses and keeps its events, in no other's way, and goes on when the key is right [SIEM-1] [SIEM-5] [SIEM-6] [HLT-1]", async () => {
    const file = join(folder, "datadog-key");
    const wrong = "planted-wrong-key-6";
    writeFileSync(file, wrong);
    // It repeats what it was given, as some receivers do.
    receivers.datadog.faults.add({
      kind: "response",
      status: 403,
      body: { errors: [{ detail: `API key ${wrong} is invalid` }] },
      times: "always",
    });
    const gateway = await start([
      ...everywhere().filter(({ name }) => name !== "datadog"),
      { name: "datadog", sink: { ...receivers.sinks.datadog, apiKey: `\${file:${file}}` } },
    ]);
    await act(gateway);
    const seqs = await recorded(gateway);
    await vi.waitFor(() => {
      const others = { splunk: seqs, cloudwatch: seqs, webhook: seqs, otlp: seqs };
      expect(receivers.seqs()).toEqual({ ...others, datadog: [] });
    });
    await vi.waitFor(async () => {
      expect(await siemHealth(gateway, "datadog")).toMatchObject({
        status: "down",
        required: false,
        last_failure_message: expect.stringMatching(
          /^configuration, \d+ events and \d+ s behind: .*403/,
        ) as string,
        details: {
          leading: true,
          state: "configuration",
          breaker: { state: "open" },
          batching: { maxEvents: 100 },
          compression: { encoding: "gzip" },
          backlog: { events: seqs.length },
        },
      });
    });
    await vi.waitFor(async () => {
      const ready = await send(gateway.url, { method: "GET", path: "/health/ready" });
      expect(ready).toMatchObject({ status: 200, json: { status: "degraded" } });
    });

    const health = await send(gateway.url, {
      method: "GET",
      path: "/health/detailed",
      headers: key(gateway),
    });
    const status = await siem(gateway, "GET", "");
    const { body: metrics } = await gateway.gateway.telemetry.recorder.expose();
    const said = [health.text, status.text, metrics, JSON.stringify(gateway.lines)];
    expect(status.text).toContain("API key [secret] is invalid");
    for (const secret of [wrong, ...Object.values(SECRETS).filter((one) => one !== SECRETS.AWS_ID)]) {
      expect(said.filter((text) => text.includes(secret))).toEqual([]);
    }

    receivers.datadog.faults.clear();
    writeFileSync(file, SECRETS.DATADOG_KEY);
    expect(await siem(gateway, "POST", "/datadog/resume")).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(receivers.seqs().datadog).toEqual(expect.arrayContaining(seqs)));
    await vi.waitFor(async () => {
      expect(await siemHealth(gateway, "datadog")).toMatchObject({ status: "ok" });
    });
  });
});

describe("a destination that is away", () => {
  it("holds up neither the start, nor calls, nor other destinations, nor the end [AUD-5] [SIEM-1] [HLT-2]", async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, "127.0.0.1"), "listening");
    const { port } = silent.address() as AddressInfo;
    cleanup.push(async () => void silent.close());
    const token = "${SPLUNK_TOKEN}";
    const gateway = await start(
      [
        { name: "splunk", sink: receivers.sinks.splunk },
        { name: "closed", sink: { type: "splunk_hec", url: "http://127.0.0.1:1", token } },
        { name: "silent", sink: { type: "splunk_hec", url: `http://127.0.0.1:${port}`, token } },
        // Not loopback by its name, and yet nowhere else.
        { name: "plain", sink: { type: "splunk_hec", url: "http://0.0.0.0:1", token } },
      ],
      { audit: { deliveryDrainTimeout: "500ms" } },
    );
    const warned = gateway.lines.filter(({ message }) => String(message).includes("without TLS"));
    expect(warned).toMatchObject([{ level: "warn", destination: "plain" }]);
    await act(gateway);
    const seqs = await recorded(gateway);
    await vi.waitFor(() => expect(receivers.seqs().splunk).toEqual(seqs));
    for (const name of ["closed", "silent", "plain"]) {
      await vi.waitFor(async () => {
        expect(await siemHealth(gateway, name)).toMatchObject({
          status: "down",
          details: { leading: true, backlog: { events: seqs.length } },
        });
      });
    }
    await gateway.gateway.close();
  });
});

describe("a destination that refuses everything for now", () => {
  it("is tried five times, then left alone until the breaker lets one through; all of it shows [SIEM-4] [SIEM-6] [MET-10]", async () => {
    receivers.splunk.faults.add({ kind: "code", code: 9, times: "always" });
    const slow = { retryBaseDelay: "1ms", retryMaxDelay: "5ms", breakerOpenDuration: "1h" };
    const gateway = await start([{ name: "splunk", sink: receivers.sinks.splunk, ...slow }]);
    await act(gateway);
    const labels = { destination: "splunk" };
    const breaker = (state: string) => metric(gateway, "sark_siem_breaker_state", { ...labels, state });
    await vi.waitFor(async () => expect(await breaker("open")).toBe(1));
    await act(gateway);
    await vi.waitFor(async () => {
      expect(await siemHealth(gateway, "splunk")).toMatchObject({
        status: "down",
        last_failure_message: expect.stringMatching(/^breaker open after 5 failures, \d+ events/) as string,
        details: { state: "open", breaker: { state: "open", failures: 5 } },
      });
    });
    const sent = () => receivers.splunk.requests().filter(({ operation }) => operation === "events");
    expect(sent()).toHaveLength(5);
    expect(await metric(gateway, "sark_siem_forwards_total", { ...labels, status: "retry" })).toBe(5);
    expect(await metric(gateway, "sark_siem_connection_up", labels)).toBe(0);
    expect(await metric(gateway, "sark_siem_backlog_events", labels)).toBeGreaterThanOrEqual(6);

    receivers.splunk.faults.clear();
    await siem(gateway, "POST", "/splunk/resume");
    const seqs = await recorded(gateway);
    await vi.waitFor(() => expect(receivers.seqs().splunk).toEqual(seqs));
    await vi.waitFor(async () => expect(await breaker("closed")).toBe(1));
    expect(receivers.splunk.indexed()).toHaveLength(seqs.length);
  });
});

describe("retention", () => {
  it("waits for what a destination has not received, and drops it then [AUD-3] [SIEM-5]", async () => {
    await receivers.splunk.goDown();
    const gateway = await start(
      [
        { name: "splunk", sink: receivers.sinks.splunk },
        { name: "datadog", sink: receivers.sinks.datadog },
        { name: "off", sink: receivers.sinks.splunk, enabled: false },
      ],
      { audit: { retention: "30d", maintenanceInterval: "100ms", checkpointInterval: "20ms" } },
    );
    const old = Date.now() / 1_000 - 40 * 86_400;
    for (const reason of ["first", "second"]) {
      await recordAt(gateway, old, reason);
    }
    await recordAt(gateway, Date.now() / 1_000, "of today");
    await vi.waitFor(() => expect(receivers.seqs().datadog).toEqual([0, 1, 2]));
    await vi.waitFor(() => {
      const held = gateway.lines.filter(({ message }) => message === "audit partition is due but must stay");
      expect(held.at(-1)).toMatchObject({ reason: 'destination "splunk" has not received it' });
    });
    expect(await recorded(gateway)).toEqual([0, 1, 2]);

    await receivers.splunk.restore();
    await vi.waitFor(() => expect(receivers.seqs().splunk).toEqual(expect.arrayContaining([0, 1, 2])));
    await vi.waitFor(async () => {
      expect(await auditRows(gateway.databaseUrl, `"timestamp" < now() - interval '30 days'`)).toEqual([]);
    });
    // The rows are missing once the purge has committed; it is counted after that.
    await vi.waitFor(async () =>
      expect(await metric(gateway, "sark_audit_purged_rows_total", { table: "events" })).toBe(2),
    );
    for (const name of ["splunk", "datadog"]) {
      await vi.waitFor(async () => {
        expect((await siem(gateway, "GET", `/${name}`)).json).toMatchObject({
          balanced: true,
          skipped: { purged: 0 },
          behind: { events: 0 },
        });
      });
    }
  });
});

describe("the end of a gateway", () => {
  it("sends what is committed, also what would still wait for its batch, and leaves the rest [SIEM-1] [SIEM-5]", async () => {
    const waiting = { maxBatchWait: "1h" };
    const gateway = await start([
      { name: "splunk", sink: receivers.sinks.splunk, ...waiting },
      { name: "datadog", sink: receivers.sinks.datadog, ...waiting },
    ]);
    await act(gateway);
    expect(receivers.seqs().splunk).toEqual([]);
    await receivers.datadog.goDown();
    const call = send(gateway.url, toolCall("tools", "stream", { count: 1, gate: "end" }, key(gateway)));
    // The other one is that of before.
    const calls = () => tools.requests().filter(({ method }) => method === "tools/call");
    await vi.waitFor(() => expect(calls()).toHaveLength(2));
    const closing = gateway.gateway.close();
    tools.release("end");
    expect(await call).toMatchObject({ status: 200 });
    await closing;
    expect(await auditRows(gateway.databaseUrl, "tool_name = 'stream' AND outcome = 'ok'")).toHaveLength(1);
    const seqs = await recorded(gateway);
    expect(receivers.seqs()).toMatchObject({ splunk: seqs, datadog: [] });
    await receivers.datadog.restore();

    const next = await start(
      [
        { name: "splunk", sink: receivers.sinks.splunk },
        { name: "datadog", sink: receivers.sinks.datadog },
      ],
      continuing(gateway),
    );
    await vi.waitFor(() => expect(receivers.seqs()).toMatchObject({ splunk: seqs, datadog: seqs }));
    expect(receivers.splunk.indexed()).toHaveLength(seqs.length);
    await next.gateway.close();
  });
});

describe("a destination that is added later", () => {
  it("starts now, at the beginning, at a number or at a time; one that is known goes on [SIEM-5]", async () => {
    const first = await start([{ name: "splunk", sink: receivers.sinks.splunk }]);
    await act(first);
    const rows = await auditRows(first.databaseUrl);
    await first.gateway.close();
    const between = new Date().toISOString();
    const old = rows.map(({ seq }) => Number(seq));

    const at = (name: string, start: unknown) => ({
      name,
      start,
      sink: { ...receivers.sinks.splunk, source: name },
    });
    const second = await start(
      [
        at("splunk", "beginning"),
        at("now", "now"),
        at("all", "beginning"),
        at("number", { seq: 2 }),
        at("time", { time: between }),
      ],
      continuing(first),
    );
    await act(second);
    const all = await recorded(second);
    const seqsOf = (source: string) =>
      receivers.splunk
        .indexed()
        .filter((event) => event.source === source)
        .map(({ fields }) => Number(fields["seq"]))
        .sort((a, b) => a - b);
    const fresh = all.slice(old.length);
    for (const [name, seqs] of [
      ["splunk", fresh],
      ["now", fresh],
      ["all", all],
      ["number", all.slice(2)],
      ["time", fresh],
    ] as const) {
      await vi.waitFor(() => expect([name, seqsOf(name)]).toEqual([name, seqs]));
    }
    await second.gateway.close();
  });

  it("has its place in the log before the gateway listens, however slow the database [AUD-5]", async () => {
    const first = await start([]);
    await first.gateway.close();
    const client = new pg.Client({ connectionString: first.databaseUrl });
    await client.connect();
    cleanup.push(() => client.end());
    await client.query(`
      CREATE FUNCTION take_your_time() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON audit_destinations EXECUTE FUNCTION take_your_time();
      SELECT pg_advisory_lock(1)`);
    let listens = false;
    const starting = start([{ name: "late", sink: receivers.sinks.splunk }], continuing(first)).finally(
      () => {
        listens = true;
      },
    );
    await vi.waitFor(async () => {
      const { rows } = await client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
      );
      expect(rows).toHaveLength(1);
    });
    expect(listens).toBe(false);
    await client.query("SELECT pg_advisory_unlock(1)");
    const second = await starting;
    expect(await siem(second, "GET", "/late")).toMatchObject({ status: 200, json: { configured: true } });
    await act(second);
    const seqs = await recorded(second);
    await vi.waitFor(() => expect(receivers.seqs().splunk).toEqual(seqs));
    await second.gateway.close();
  });

  it("and taken away again is shown, and forgotten on request [SIEM-5] [AUD-3]", async () => {
    const first = await start([{ name: "old", sink: receivers.sinks.splunk }]);
    await vi.waitFor(async () => {
      expect(await siemHealth(first, "old")).toMatchObject({ details: { leading: true } });
    });
    const second = await start([], continuing(first));
    const warned = second.lines.filter(({ message }) => String(message).startsWith("retention waits"));
    expect(warned).toMatchObject([{ level: "warn", destination: "old" }]);
    // The configurations of two replicas are not changed at the same moment.
    expect(await siem(second, "DELETE", "/old")).toMatchObject({ status: 409 });
    await first.gateway.close();
    await act(second);
    expect((await siem(second, "GET", "/old")).json).toMatchObject({ configured: false, balanced: true });
    expect(await siem(second, "DELETE", "/old")).toMatchObject({ status: 204, text: "" });
    expect((await siem(second, "GET", "")).json).toEqual({ balanced: true, destinations: [] });
    await second.gateway.close();
  });
});

describe("a configuration that cannot be", () => {
  it.each([
    [
      "a variable that is not set",
      [{ apiKey: "${NOT_SET}" }],
      /destinations\.0 \(dd\): .*NOT_SET is not set/,
    ],
    [
      "a file that is not there",
      [{ apiKey: "${file:/nowhere/key}" }],
      /destinations\.0 \(dd\): .*\/nowhere\/key/,
    ],
    [
      "a key that stands in it",
      [{ apiKey: "planted-key" }],
      /destinations\.0\.sink\.apiKey: must not hold the secret itself/,
    ],
    [
      "a key that is unknown",
      [{ apiKey: "${DATADOG_KEY}", colour: "red" }],
      /destinations\.0\.sink: .*colour/,
    ],
    [
      "two of one name",
      [{ apiKey: "${DATADOG_KEY}" }, { apiKey: "${DATADOG_KEY}" }],
      /destinations\.1\.name: "dd"/,
    ],
  ])("%s is named, and no key [SIEM-1]", async (_what, sinks, message) => {
    const starting = start(sinks.map((sink) => ({ name: "dd", sink: { type: "datadog", ...sink } })));
    const refusal = (await starting.catch((error: unknown) => error)) as Error;
    expect(refusal).toMatchObject({ name: "ConfigurationError", message: expect.stringMatching(message) });
    expect(refusal.message).not.toContain("planted");
  });
});
