import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTokenIssuer } from "@sark/testkit";
import { QUICK, SECRETS, startReceivers, type Receivers } from "../support/destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { recordEvent, send, type RawResponse } from "../support/requests.ts";

const POISON = "poison-pill";
/** Longer than any test waits, so that only a flush sends what waits. */
const NEVER = "1h";
const issuer = await startTokenIssuer({ audience: "sark" });
let receivers: Receivers;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  receivers = await startReceivers();
  const { splunk, datadog } = receivers.sinks;
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      destinations: [
        { name: "splunk", sink: splunk, ...QUICK },
        { name: "datadog", sink: datadog, ...QUICK, maxBatchWait: NEVER, maxBatchEvents: 10_000 },
        { name: "off", sink: splunk, enabled: false },
      ],
    },
    environment: SECRETS,
  });
});
afterAll(async () => {
  await gateway.close();
  await receivers.close();
  await issuer.close();
});

const WHO = {
  admin: { sub: "root", roles: ["admin"] },
  auditor: { sub: "olga", roles: ["auditor"] },
  alice: { sub: "alice", roles: ["developer"] },
} as const;

async function ask(
  who: keyof typeof WHO,
  method: string,
  path: string,
  body?: unknown,
): Promise<RawResponse> {
  const headers = { authorization: `Bearer ${await issuer.issue({ ...WHO[who] })}` };
  return send(gateway.url, { method, path: `/api/v1/siem/destinations${path}`, headers, body });
}

interface Shown {
  readonly name: string;
  readonly balanced: boolean;
  readonly written: number;
  readonly acknowledged: number;
  readonly quarantined: number;
  readonly skipped: { readonly discarded: number; readonly purged: number };
  readonly behind: { readonly events: number; readonly seconds: number };
}

async function shown(name: string): Promise<Shown> {
  const response = await ask("auditor", "GET", `/${name}`);
  expect(response.status).toBe(200);
  return response.json as Shown;
}

const record = (reason: string): Promise<void> => recordEvent(gateway, reason);

async function recordOf(response: RawResponse) {
  return auditRows(
    gateway.databaseUrl,
    "gateway_request_id = $1",
    String(response.headers["x-correlation-id"]),
  );
}

async function settled(name: string): Promise<Shown> {
  return vi.waitFor(async () => {
    const status = await shown(name);
    expect(status.behind).toEqual({ events: 0, seconds: 0 });
    return status;
  });
}

describe("who may ask for deliveries, and change them", () => {
  it("auditors and admins see how they stand; others do not [SIEM-6]", async () => {
    for (const who of ["auditor", "admin"] as const) {
      const response = await ask(who, "GET", "");
      expect(response).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
      expect(await recordOf(response)).toEqual([]);
    }
    expect(await ask("alice", "GET", "")).toMatchObject({
      status: 403,
      json: { error: { code: "forbidden" } },
    });
    expect(await ask("alice", "GET", "/splunk")).toMatchObject({ status: 403 });
    expect(await send(gateway.url, { method: "GET", path: "/api/v1/siem/destinations" })).toMatchObject({
      status: 401,
    });
  });

  it.each([
    ["POST", "/splunk/pause", { reason: "a test" }],
    ["POST", "/splunk/resume", undefined],
    ["POST", "/splunk/flush", undefined],
    ["POST", "/splunk/quarantine/replay", { all: true }],
    ["POST", "/splunk/quarantine/discard", { all: true, reason: "a test" }],
    ["DELETE", "/splunk", undefined],
  ])("%s %s is for admins; refused attempts are on record [SIEM-1]", async (method, path, body) => {
    for (const who of ["auditor", "alice"] as const) {
      const refused = await ask(who, method, path, body);
      expect(refused).toMatchObject({ status: 403, json: { error: { code: "forbidden" } } });
      expect(await recordOf(refused)).toMatchObject([
        {
          event_type: "siem_control",
          decision: "deny",
          user_id: WHO[who].sub,
          metadata: { asked: { destination: "splunk" } },
        },
      ]);
    }
  });

  it("a quarantine is read by auditors and admins, on record as every read of events [SIEM-5] [AUD-6]", async () => {
    const response = await ask("auditor", "GET", "/splunk/quarantine?limit=5");
    expect(response).toMatchObject({ status: 200, json: { events: [], next_cursor: null } });
    expect(await recordOf(response)).toMatchObject([
      {
        event_type: "audit_read",
        decision: "allow",
        metadata: { operation: "quarantine", asked: { destination: "splunk", limit: "5" } },
      },
    ]);
    expect((await ask("alice", "GET", "/splunk/quarantine")).status).toBe(403);
  });
});

describe("what is refused", () => {
  it.each([
    ["GET", "/unknown", undefined],
    ["GET", "/unknown/quarantine", undefined],
    ["POST", "/unknown/pause", { reason: "x" }],
    ["POST", "/unknown/resume", undefined],
    ["POST", "/unknown/flush", undefined],
    ["POST", "/unknown/quarantine/replay", { all: true }],
    ["POST", "/unknown/quarantine/discard", { all: true, reason: "x" }],
    ["POST", "/splunk/quarantine/replay", { seqs: [999_999_999] }],
    ["POST", "/splunk/quarantine/discard", { seqs: [999_999_999], reason: "x" }],
    ["DELETE", "/unknown", undefined],
  ])("%s %s: 404 [SIEM-5]", async (method, path, body) => {
    expect(await ask("admin", method, path, body)).toMatchObject({
      status: 404,
      json: { error: { code: "not_found" } },
    });
  });

  it.each([
    ["POST", "/splunk/pause", {}, "reason"],
    ["POST", "/splunk/pause", { reason: "x", colour: "red" }, "colour"],
    ["POST", "/splunk/flush", { wait_ms: 3_600_000 }, "wait_ms"],
    ["POST", "/splunk/quarantine/replay", {}, "seqs"],
    ["GET", "/splunk/quarantine?limit=1000", undefined, "limit"],
    ["GET", "/splunk/quarantine?cursor=nonsense", undefined, "cursor"],
  ])("%s %s %j: 400 naming %s, and nothing happens", async (method, path, body, field) => {
    const response = await ask("admin", method, path, body);
    expect(response).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field } } });
    expect(await recordOf(response)).toEqual([]);
  });

  it("to flush what is held back, and to remove what is configured: 409 [SIEM-1]", async () => {
    const held = { status: 409, json: { error: { code: "destination_held" } } };
    expect(await ask("admin", "POST", "/off/flush")).toMatchObject(held);
    expect(await ask("admin", "DELETE", "/splunk")).toMatchObject(held);
  });
});

describe("pause, resume, flush", () => {
  it("holds events back, says so, and lets them go again, each on record [SIEM-1] [SIEM-5]", async () => {
    await settled("splunk");
    const paused = await ask("admin", "POST", "/splunk/pause", { reason: "index is rebuilt" });
    expect(paused).toMatchObject({ status: 200, json: { paused: { reason: "index is rebuilt" } } });
    expect(await recordOf(paused)).toMatchObject([
      {
        event_type: "siem_control",
        decision: "allow",
        user_id: "root",
        metadata: { operation: "pause", asked: { destination: "splunk", reason: "index is rebuilt" } },
      },
    ]);
    await vi.waitFor(async () => {
      expect(await shown("splunk")).toMatchObject({ state: "paused", balanced: true });
    });
    await record("while paused");
    expect((await shown("splunk")).behind.events).toBeGreaterThanOrEqual(1);
    expect(await ask("admin", "POST", "/splunk/flush")).toMatchObject({ status: 409 });
    const resumed = await ask("admin", "POST", "/splunk/resume");
    expect(resumed).toMatchObject({ status: 200, json: { paused: null } });
    const { written, acknowledged } = await settled("splunk");
    expect(acknowledged).toBe(written);
    expect(receivers.seqs().splunk).toContain(written - 1);
  });

  it("a flush sends what waits for its batch, and responds when it has arrived [SIEM-1]", async () => {
    await record("waits for a batch");
    const before = await shown("datadog");
    expect(before.behind.events).toBeGreaterThan(0);
    const flushed = await ask("admin", "POST", "/datadog/flush");
    expect(flushed).toMatchObject({ status: 200, json: { settled: true, destination: { balanced: true } } });
    expect(receivers.datadog.logs()).toHaveLength(before.written + 1);
  });

  it("a flush that its time does not allow says 202, and is done all the same [SIEM-1]", async () => {
    await receivers.datadog.goDown();
    await record("while it is away");
    const flushed = await ask("admin", "POST", "/datadog/flush", { wait_ms: 50 });
    expect(flushed).toMatchObject({ status: 202, json: { settled: false } });
    await receivers.datadog.restore();
    await vi.waitFor(() => expect(JSON.stringify(receivers.datadog.logs())).toContain("while it is away"));
  });
});

describe("a flush without a name", () => {
  it("is for admins, and refused attempts are on record [SIEM-1]", async () => {
    const refused = await ask("auditor", "POST", "/flush");
    expect(refused).toMatchObject({ status: 403, json: { error: { code: "forbidden" } } });
    expect(await recordOf(refused)).toMatchObject([{ event_type: "siem_control", decision: "deny" }]);
  });

  it("sends to every destination what waits, and responds when it has arrived everywhere [SIEM-1]", async () => {
    await record("waits for a batch, once more");
    const flushed = await ask("admin", "POST", "/flush");
    expect(flushed).toMatchObject({
      status: 200,
      json: {
        settled: true,
        destinations: ["datadog", "splunk"].map((name) => ({
          settled: true,
          destination: { name, balanced: true },
        })),
      },
    });
    expect(JSON.stringify(receivers.datadog.logs())).toContain("waits for a batch, once more");
    expect(await recordOf(flushed)).toMatchObject([
      { metadata: { operation: "flush", asked: { all: true } } },
    ]);
  });

  it("says which ones have not all of it: 202, with one that is paused and one that is away [SIEM-1]", async () => {
    await ask("admin", "POST", "/splunk/pause", { reason: "a test" });
    await receivers.datadog.goDown();
    await record("while none takes events");
    expect(await ask("admin", "POST", "/flush", { wait_ms: 50 })).toMatchObject({
      status: 202,
      json: { settled: false, destinations: [{ settled: false }, { settled: false }] },
    });
    await receivers.datadog.restore();
    expect(await ask("admin", "POST", "/flush", { wait_ms: 30_000 })).toMatchObject({ status: 202 });
    await ask("admin", "POST", "/splunk/resume");
    await vi.waitFor(async () => expect(await ask("admin", "POST", "/flush")).toMatchObject({ status: 200 }));
  });
});

describe("quarantine", () => {
  it("is listed in pages, replayed one by one and as a whole, discarded; the sum holds at each step [SIEM-5]", async () => {
    receivers.splunk.poison(POISON);
    for (let at = 0; at < 5; at += 1) {
      await record(`${POISON} ${at}`);
    }
    await vi.waitFor(async () => expect(await shown("splunk")).toMatchObject({ quarantined: 5 }));
    await settled("splunk");

    const seqs: number[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/splunk/quarantine?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`;
      const page = (await ask("auditor", "GET", path)).json as {
        events: { seq: number; reason: string; attempts: number; event: { reason: string } }[];
        next_cursor: string | null;
      };
      expect(page.events.length).toBeLessThanOrEqual(2);
      for (const { seq, reason, attempts, event } of page.events) {
        expect({ reason, attempts, says: event.reason }).toEqual({
          reason: expect.stringContaining("status 400") as string,
          attempts: 1,
          says: `${POISON} ${seqs.length}`,
        });
        seqs.push(seq);
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seqs).toHaveLength(5);

    const again = await ask("admin", "POST", "/splunk/quarantine/replay", { seqs: seqs.slice(0, 1) });
    expect(again).toMatchObject({ status: 202, json: { replaying: 1 } });
    await vi.waitFor(async () => {
      const { json } = await ask("admin", "GET", "/splunk/quarantine?limit=1");
      expect(json).toMatchObject({ events: [{ seq: seqs[0], attempts: 2, replay_requested_at: null }] });
    });

    receivers.splunk.poison(null);
    await ask("admin", "POST", "/splunk/quarantine/replay", { seqs: seqs.slice(0, 1) });
    await vi.waitFor(async () => expect(await shown("splunk")).toMatchObject({ quarantined: 4 }));
    expect((await shown("splunk")).balanced).toBe(true);

    const given = await ask("admin", "POST", "/splunk/quarantine/discard", {
      seqs: seqs.slice(4),
      reason: "a test",
    });
    expect(given).toMatchObject({ status: 200, json: { discarded: 1 } });
    await ask("admin", "POST", "/splunk/quarantine/replay", { all: true });
    await vi.waitFor(async () => {
      expect(await shown("splunk")).toMatchObject({ quarantined: 0, skipped: { discarded: 1, purged: 0 } });
    });
    const status = await settled("splunk");
    expect(status).toMatchObject({ balanced: true, acknowledged: status.written - 1 });
    const arrived = receivers.splunk.indexed().map(({ fields }) => Number(fields["seq"]));
    expect(arrived.filter((seq) => seqs.includes(seq))).toEqual(seqs.slice(0, 4));
  });
});

describe("the reconciliation", () => {
  it("says balanced as long as the sum holds, and not when figures were tampered with [SIEM-5]", async () => {
    expect((await ask("auditor", "GET", "")).json).toMatchObject({ balanced: true });
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    await client.query("UPDATE audit_destinations SET acknowledged = acknowledged - 1 WHERE name = 'off'");
    const { json } = await ask("auditor", "GET", "");
    await client.query("UPDATE audit_destinations SET acknowledged = acknowledged + 1 WHERE name = 'off'");
    await client.end();
    const { balanced, destinations } = json as { balanced: boolean; destinations: Shown[] };
    expect(balanced).toBe(false);
    expect(destinations.map(({ name, balanced }) => [name, balanced])).toEqual([
      ["datadog", true],
      ["off", false],
      ["splunk", true],
    ]);
  });
});
