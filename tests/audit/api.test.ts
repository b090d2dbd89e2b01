import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint, parseKeySet, verifyReceipt, type KeySet } from "@sark/audit/transparency-log";
import { verifyOnline } from "@sark/audit/verification";
import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const ORIGIN = "sark.local/audit";
/** A server one of whose tools calls an argument secret, in a way that neither its name nor its value tells. */
const vault = createServer((request, response) => {
  // The gateway's health asks whether it is there.
  if (request.method !== "POST") {
    response.writeHead(405).end();
    return;
  }
  void json(request).then((body) => {
    const { id, method, params } = body as { id?: unknown; method: string; params?: Record<string, unknown> };
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: params?.["protocolVersion"],
        capabilities: { tools: {} },
        serverInfo: { name: "vault", version: "1" },
      },
      "tools/list": { tools: [{ name: "open", inputSchema: OPEN_SCHEMA }] },
      "tools/call": { content: [] },
    };
    const result = results[method];
    const error = { code: -32601, message: "unknown method" };
    response.writeHead(id === undefined ? 202 : 200, { "content-type": "application/json" });
    response.end(
      id === undefined ? "" : JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) }),
    );
  });
});
const OPEN_SCHEMA = {
  type: "object",
  properties: { combination: { type: "string", writeOnly: true }, door: { type: "string" } },
};
const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
let gateway: GatewayUnderTest;
let keys: KeySet;

beforeAll(async () => {
  await once(vault.listen(0, "127.0.0.1"), "listening");
  const { port } = vault.address() as AddressInfo;
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "vault", transport: "http", url: `http://127.0.0.1:${port}/mcp`, sensitivity: "low" },
    ],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      audit: { results: "full", checkpointInterval: "100ms" },
    },
  });
  keys = parseKeySet(readFileSync(join(gateway.dataDirectory, "audit-log.vkey"), "utf8"));
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  vault.closeAllConnections();
  vault.close();
  await issuer.close();
});

const WHO = {
  admin: { sub: "root", roles: ["admin"] },
  auditor: { sub: "olga", roles: ["auditor"] },
  alice: { sub: "alice", roles: ["developer"] },
  bob: { sub: "bob", roles: ["developer"] },
  namesake: { sub: "alice", roles: ["developer"], tenant: "elsewhere" },
} as const;
type Who = keyof typeof WHO;

async function bearer(who: Who) {
  return { authorization: `Bearer ${await issuer.issue({ ...WHO[who] })}` };
}

async function get(who: Who, path: string): Promise<RawResponse> {
  return send(gateway.url, { method: "GET", path: `/api/v1/audit/${path}`, headers: await bearer(who) });
}

async function erase(who: Who, body: unknown): Promise<RawResponse> {
  const everywhere = { all_tenants: true, ...(body as object) };
  return send(gateway.url, { path: "/api/v1/audit/erasures", headers: await bearer(who), body: everywhere });
}

interface ShownEvent {
  readonly seq: number;
  readonly leaf_hash: string;
  readonly event: Readonly<Record<string, unknown>> & { readonly id: string };
}

interface Called {
  readonly requestId: string;
  readonly intent: string;
  readonly outcome: string;
}

/** Calls a tool and waits until how it ended is on record. */
async function called(
  who: Who,
  tool: string,
  args: Record<string, unknown>,
  server = "tools",
): Promise<Called> {
  const response = await send(gateway.url, toolCall(server, tool, args, await bearer(who)));
  expect(response.status).toBe(200);
  const requestId = String(response.headers["x-correlation-id"]);
  const rows = await vi.waitFor(
    async () => {
      const found = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", requestId);
      expect(found).toHaveLength(2);
      return found;
    },
    { timeout: 20_000 },
  );
  return { requestId, intent: rows[0]!.id, outcome: rows[1]!.id };
}

/** Asks until the log has signed what was recorded. */
async function logged(who: Who, path: string): Promise<RawResponse> {
  return vi.waitFor(
    async () => {
      const response = await get(who, path);
      if (response.status === 409) {
        expect(response).toMatchObject({
          json: { error: { code: "not_yet_logged" } },
          headers: { "retry-after": "1" },
        });
      }
      expect(response.status).toBe(200);
      return response;
    },
    { timeout: 20_000 },
  );
}

describe("who may ask", () => {
  const UNKNOWN = "0198f3c1-0000-7000-8000-000000000000";

  it.each([
    "events",
    `events/${UNKNOWN}`,
    `events/${UNKNOWN}/trail`,
    "requests/none/trail",
    "export",
    "orphans",
    `proof/${UNKNOWN}`,
  ])("%s: auditors and admins, on record; others are refused, on record [AUD-6]", async (path) => {
    const found = path.includes(UNKNOWN) || path.includes("none") ? 404 : 200;
    for (const who of ["auditor", "admin"] as const) {
      const response = await get(who, path);
      expect(response.status).toBe(found);
      const request = String(response.headers["x-correlation-id"]);
      expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([
        expect.objectContaining({ event_type: "audit_read", decision: "allow", user_id: WHO[who].sub }),
      ]);
    }
    const refused = await get("alice", path);
    expect(refused).toMatchObject({ status: 403, json: { error: { code: "forbidden" } } });
    const request = String(refused.headers["x-correlation-id"]);
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([
      expect.objectContaining({ event_type: "audit_read", decision: "deny", user_id: "alice" }),
    ]);
  });

  it.each(["checkpoint", "tile/0/000"])(
    "%s: auditors and admins, without a record, which monitors would make without end [AUD-7]",
    async (path) => {
      expect((await get("alice", path)).status).toBe(403);
      const response = await get("auditor", path);
      const request = String(response.headers["x-correlation-id"]);
      expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([]);
    },
  );

  it("not without credentials, and erasures are for admins [AUD-6]", async () => {
    expect(await send(gateway.url, { method: "GET", path: "/api/v1/audit/events" })).toMatchObject({
      status: 401,
    });
    const refused = await erase("auditor", { user_id: "x", reason: "y" });
    expect(refused.status).toBe(403);
    const request = String(refused.headers["x-correlation-id"]);
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([
      expect.objectContaining({ event_type: "payload_erasure", user_id: "olga", decision: "deny" }),
    ]);
  });

  it("a read of one page is one event that says what was asked [AUD-6]", async () => {
    const response = await get("auditor", "events?user_id=alice&limit=5");
    const request = String(response.headers["x-correlation-id"]);
    const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request);
    expect(rows.map(({ metadata }) => metadata)).toEqual([
      expect.objectContaining({ operation: "events", asked: { user_id: "alice", limit: "5" } }),
    ]);
  });
});

describe("what may be asked", () => {
  it.each([
    ["events?limit=0", "limit"],
    ["events?limit=1001", "limit"],
    ["events?limit=many", "limit"],
    ["events?decision=maybe", "decision"],
    ["events?outcome=fine", "outcome"],
    ["events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"],
    ["events?from=yesterday", "from"],
    ["events?user_id=a&user_id=b", "user_id"],
    ["events?colour=red", "colour"],
    ["events?cursor=nonsense", "cursor"],
    ["events?cursor=%00", "cursor"],
    ["export?format=xml", "format"],
    ["orphans?limit=-1", "limit"],
    ["tile/7", "tile"],
    ["tile/0/00x", "tile"],
  ])("%s is refused with 400, naming %s [AUD-6]", async (path, field) => {
    expect(await get("auditor", path)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", field } },
    });
  });

  it.each([
    "events/%00",
    "events/%00/trail",
    `requests/${"x".repeat(127)}%F0%9F%94%91/trail`,
    "requests/%00/trail",
    "proof/%00",
  ])("%s is an id that nothing has [AUD-6]", async (path) => {
    expect(await get("auditor", path)).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
  });

  it.each([
    [{ reason: "NUL \u0000" }, "reason"],
    [{ before: "0000-12-31T23:59:59Z" }, "before"],
    [{ before: "9999-12-31T23:59:59-14:00" }, "before"],
    [{ user_id: "\ud800" }, "user_id"],
    [{ event_id: "x" }, "event_id"],
  ])("an erasure that says %j is refused with 400, naming %s [AUD-6]", async (change, field) => {
    expect(await erase("admin", { user_id: "x", reason: "y", ...change })).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", field } },
    });
  });

  it("pages neither repeat nor skip while events are recorded [AUD-6]", async () => {
    const made = [];
    for (let index = 0; index < 5; index += 1) {
      made.push(await called("bob", "add", { a: index, b: 1 }));
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query = `events?user_id=bob&tool=add&server=tools&event_type=tool_invoke&decision=allow&limit=3`;
      const page = (await get("auditor", cursor === null ? query : `${query}&cursor=${cursor}`)).json as {
        events: ShownEvent[];
        next_cursor: string | null;
      };
      expect(page.events.length).toBeLessThanOrEqual(3);
      seen.push(...page.events.map(({ event }) => event.id));
      cursor = page.next_cursor;
      if (seen.length === 3) {
        await called("bob", "add", { a: 100, b: 1 });
      }
    } while (cursor !== null);
    expect(seen).toEqual(made.flatMap(({ intent, outcome }) => [intent, outcome]).toReversed());
    const stolen = (await get("auditor", "events?limit=1")).json as { next_cursor: string };
    expect(await get("auditor", `events?user_id=bob&cursor=${stolen.next_cursor}`)).toMatchObject({
      status: 400,
      json: { error: { field: "cursor" } },
    });
  });
});

describe("the trail of a call", () => {
  it("joins intent and outcome, found by event and by request; arguments without their secrets [AUD-6]", async () => {
    const call = await called("alice", "echo", { text: "hello", password: "hunter2-planted" });
    const byEvent = await get("auditor", `events/${call.outcome}/trail`);
    expect(byEvent).toMatchObject({
      status: 200,
      json: {
        request_id: call.requestId,
        steps: [{ kind: "call", intent_id: call.intent, outcome_id: call.outcome }],
        truncated: false,
      },
    });
    expect((await get("auditor", `requests/${call.requestId}/trail`)).json).toEqual(byEvent.json);
    const intent = await get("auditor", `events/${call.intent}`);
    expect(intent.json).toMatchObject({
      event: {
        user_id: "alice",
        tool_name: "echo",
        payloads: { arguments: { policy: "redacted", redactions: 1 } },
      },
      payloads: [{ kind: "arguments", policy: "redacted", value: { text: "hello", password: "[redacted]" } }],
    });
    expect((await get("auditor", `events/${call.outcome}`)).json).toMatchObject({
      event: { phase: "outcome", outcome: "ok", intent_id: call.intent },
      payloads: [{ kind: "result", policy: "full", value: { content: [{ type: "text", text: "hello" }] } }],
    });
    const everything = JSON.stringify([byEvent.json, intent.json, gateway.lines]);
    expect(everything).not.toContain("hunter2-planted");
  });

  it("hides what the tool's own schema calls secret, once the tools have been listed [AUD-6]", async () => {
    const listed = await send(gateway.url, {
      method: "GET",
      path: "/api/v1/gateway/tools?server_name=vault",
      headers: await bearer("alice"),
    });
    expect(listed.json).toEqual([expect.objectContaining({ tool_name: "open" })]);
    const { intent } = await called("alice", "open", { combination: "17-4-99", door: "left" }, "vault");
    expect((await get("auditor", `events/${intent}`)).json).toMatchObject({
      payloads: [{ kind: "arguments", value: { combination: "[redacted]", door: "left" } }],
    });
  });

  it("of orphans there are none, and the list says so [AUD-6]", async () => {
    expect((await get("auditor", "orphans")).json).toEqual({ count: 0, intents: [], next_cursor: null });
  });
});

describe("export", () => {
  it("gives the same events as JSONL and as CSV, oldest first [AUD-6]", async () => {
    const call = await called("alice", "add", { a: 40, b: 2 });
    const jsonl = await get("auditor", `export?request_id=${call.requestId}`);
    expect(jsonl.headers).toMatchObject({
      "content-type": "application/jsonl; charset=utf-8",
      "content-disposition": 'attachment; filename="audit.jsonl"',
    });
    const lines = jsonl.text.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as ShownEvent).event.id)).toEqual([
      call.intent,
      call.outcome,
    ]);
    const csv = await get("auditor", `export?format=csv&request_id=${call.requestId}`);
    expect(csv.headers["content-type"]).toBe("text/csv; charset=utf-8");
    const [head, ...rows] = csv.text.trimEnd().split(/\r?\n/);
    expect(head).toMatch(/^seq,id,timestamp/);
    expect(rows.map((row) => row.split(",")[1]?.replaceAll('"', ""))).toEqual([call.intent, call.outcome]);
  });

  it("ends when its client leaves, and leaves the gateway as it was [AUD-6]", async () => {
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/api/v1/audit/export`, {
      headers: await bearer("auditor"),
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    leaving.abort();
    await expect(response.text()).rejects.toThrow(/abort/i);
    expect((await get("auditor", "events?limit=1")).status).toBe(200);
  });
});

describe("proof", () => {
  it("the signing key is for the gateway's own eyes [AUD-7]", () => {
    expect(statSync(join(gateway.dataDirectory, "audit-log.pem")).mode & 0o777).toBe(0o600);
  });

  it("the checkpoint is signed by this log's key, and its tiles are there [AUD-7]", async () => {
    await called("alice", "echo", { text: "x" });
    const response = await logged("auditor", "checkpoint");
    expect(response.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const { size } = openCheckpoint(response.text, keys, ORIGIN);
    expect(size).toBeGreaterThan(1);
    const width = Math.min(size, 255);
    const headers = await bearer("auditor");
    const tile = await fetch(`${gateway.url}/api/v1/audit/tile/0/000.p/${width}`, { headers });
    expect(tile.status).toBe(200);
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    expect((await tile.arrayBuffer()).byteLength).toBe(32 * width);
    expect((await get("auditor", "tile/0/x999/999")).status).toBe(404);
    expect((await get("auditor", "tile/entries/000")).status).toBe(404);
  });

  it("a receipt of a call verifies offline, and its proof is the one that is given alone [AUD-7]", async () => {
    const { intent } = await called("alice", "echo", { text: "receipt" });
    const { text } = await logged("auditor", `receipt/${intent}`);
    const { receipt } = verifyReceipt(text, keys, { origin: ORIGIN });
    expect(JSON.parse(Buffer.from(receipt.event).toString())).toMatchObject({ id: intent, user_id: "alice" });
    expect((await logged("auditor", `proof/${intent}`)).text).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    const altered = Buffer.from(Buffer.from(receipt.event).toString().replace('"alice"', '"alicf"'));
    const forged = text.replace(Buffer.from(receipt.event).toString("base64"), altered.toString("base64"));
    expect(forged).not.toBe(text);
    expect(() => verifyReceipt(forged, keys, { origin: ORIGIN })).toThrow(/was altered/);
  });

  it("who made a call gets its receipt, and no other caller's; that, too, is on record [AUD-7]", async () => {
    const { intent } = await called("alice", "echo", { text: "mine" });
    const { text, headers } = await logged("alice", `receipt/${intent}`);
    expect(() => verifyReceipt(text, keys, { origin: ORIGIN })).not.toThrow();
    const request = String(headers["x-correlation-id"]);
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([
      expect.objectContaining({ event_type: "audit_read", decision: "allow", user_id: "alice" }),
    ]);
    for (const who of ["bob", "namesake"] as const) {
      expect((await get(who, `receipt/${intent}`)).status).toBe(404);
    }
    expect((await get("alice", `proof/${intent}`)).status).toBe(403);
  });
});

describe("erasure", () => {
  it("takes arguments and results away for good, is on record, and the log still verifies [AUD-7]", async () => {
    const call = await called("bob", "echo", { text: "forget me" });
    const before = (await get("auditor", `events/${call.intent}`)).json as ShownEvent;
    const erased = await erase("admin", { request_id: call.requestId, reason: "asked for by bob" });
    expect(erased).toMatchObject({
      status: 201,
      json: { payloads: 2, erasure_id: expect.any(String) as string },
    });
    const { erasure_id } = erased.json as { erasure_id: string };
    const after = (await get("auditor", `events/${call.intent}`)).json as ShownEvent;
    expect(after).toMatchObject({
      event: before.event,
      leaf_hash: before.leaf_hash,
      payloads: [{ kind: "arguments", value: null, salt: null, erased_by: erasure_id }],
    });
    expect((await get("auditor", `events/${erasure_id}`)).json).toMatchObject({
      event: { event_type: "payload_erasure", user_id: "root", reason: "asked for by bob" },
    });
    await logged("auditor", `proof/${erasure_id}`);
    const { text } = await logged("auditor", `receipt/${call.intent}`);
    expect(() => verifyReceipt(text, keys, { origin: ORIGIN })).not.toThrow();
    const pool = new pg.Pool({ connectionString: gateway.databaseUrl });
    pool.on("error", () => undefined);
    try {
      const verified = await verifyOnline({ pool, keys, origin: ORIGIN });
      expect(verified).toMatchObject({ ok: true, findings: [] });
      expect(verified.events).toBeGreaterThan(2);
    } finally {
      await pool.end();
    }
  });

  it.each([
    [{ reason: "everybody" }, "selector"],
    [{ user_id: "bob" }, "reason"],
    [{ event_id: "7", reason: "x" }, "event_id"],
    [{ user_id: "\u0000", reason: "x" }, "user_id"],
    [{ request_id: "\ud800", reason: "x" }, "request_id"],
    [{ user_id: "bob", before: "0000-01-01", reason: "x" }, "before"],
    [{ user_id: "bob", reason: "x", colour: "red" }, "colour"],
  ])("%j is refused with 400, naming %s", async (body, field) => {
    expect(await erase("admin", body)).toMatchObject({ status: 400, json: { error: { field } } });
  });
});
