import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createAuditLog } from "@sark/audit";
import { parseKeySet } from "@sark/audit/transparency-log";
import { verifyOnline } from "@sark/audit/verification";
import { startTokenIssuer } from "@sark/testkit";
import { QUICK, SECRETS, startReceivers, type Receivers } from "../support/destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, type RawResponse } from "../support/requests.ts";

const WAIT = { timeout: 30_000, interval: 20 };
const POISON = "poison-pill";
const SHARED = "shared-request";
const WHO = {
  acmeAdmin: { sub: "ada", roles: ["admin"], tenant: "acme" },
  acmeAuditor: { sub: "otto", roles: ["auditor"], tenant: "acme" },
  globexAdmin: { sub: "gus", roles: ["admin"], tenant: "globex" },
  admin: { sub: "root", roles: ["admin"] },
  auditor: { sub: "olga", roles: ["auditor"] },
} as const;
type Who = keyof typeof WHO;
type Tenant = "acme" | "globex" | "none";

const issuer = await startTokenIssuer({ audience: "sark" });
let receivers: Receivers;
let gateway: GatewayUnderTest;
/** An intent of user "alice" in each tenant, with arguments, that no outcome followed. */
const ids = {} as Record<Tenant, string>;

beforeAll(async () => {
  receivers = await startReceivers();
  receivers.splunk.poison(POISON);
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      audit: { checkpointInterval: "100ms", orphanAfter: "1s", maintenanceInterval: "500ms" },
      destinations: [{ name: "splunk", sink: receivers.sinks.splunk, ...QUICK }],
    },
    environment: SECRETS,
  });
  const log = createAuditLog({ connectionString: gateway.databaseUrl, payloads: { policy: "full" } });
  for (const tenant of ["acme", "globex", "none"] as const) {
    const { id } = await log.record(
      {
        event_type: "tool_invoke",
        user_id: "alice",
        tool_name: "ledger",
        decision: "allow",
        reason: POISON,
        timestamp: Date.now() / 1_000,
        gateway_request_id: SHARED,
        phase: "intent",
        // What an event says elsewhere of tenants counts for nothing.
        metadata: { tenant_id: "acme" },
        ...(tenant === "none" ? {} : { tenant_id: tenant }),
      },
      { payloads: { arguments: { of: tenant } } },
    );
    ids[tenant] = id;
  }
  for (const tenant of ["globex", "acme"]) {
    await log.record({
      event_type: "tool_invoke",
      decision: "allow",
      reason: "",
      timestamp: Date.now() / 1_000,
      gateway_request_id: `${tenant}-request`,
      tenant_id: tenant,
    });
  }
  await log.close();
  await vi.waitFor(async () => {
    const { count } = (await get("admin", "audit/orphans")).json as { count: number };
    expect(count).toBe(3);
  }, WAIT);
  await vi.waitFor(
    async () => expect((await get("admin", `audit/receipt/${ids.none}`)).status).toBe(200),
    WAIT,
  );
});
afterAll(async () => {
  await gateway.close();
  await receivers.close();
  await issuer.close();
});

async function ask(who: Who, method: string, path: string, body?: unknown): Promise<RawResponse> {
  const headers = { authorization: `Bearer ${await issuer.issue({ ...WHO[who] })}` };
  return send(gateway.url, { method, path: `/api/v1/${path}`, headers, body });
}
const get = (who: Who, path: string): Promise<RawResponse> => ask(who, "GET", path);
const erase = (who: Who, body: unknown): Promise<RawResponse> => ask(who, "POST", "audit/erasures", body);

/** What is on record of a request. */
const recorded = (response: RawResponse) =>
  auditRows(gateway.databaseUrl, "gateway_request_id = $1", String(response.headers["x-correlation-id"]));

/** What a denial is: the status, and the one event that says so. */
const denied = (status: number, event_type: string) => ({
  status,
  recorded: [{ event_type, decision: "deny", outcome: "denied", tenant_id: "acme" }],
});
async function outcomeOf(response: RawResponse): Promise<unknown> {
  return { status: response.status, recorded: await recorded(response) };
}

describe("who is bound to a tenant", () => {
  it.each(["events?user_id=alice", "events?user_id=alice&tenant=acme", "events?tool=ledger"])(
    "is shown the events of that tenant alone: %s [AUD-6]",
    async (path) => {
      const { events } = (await get("acmeAuditor", `audit/${path}`)).json as {
        events: { event: { id: string } }[];
      };
      expect(events.map(({ event }) => event.id)).toEqual([ids.acme]);
    },
  );

  it("sees all of them where nothing narrows the question, and none of others [AUD-6]", async () => {
    const { events } = (await get("acmeAuditor", "audit/events?limit=1000")).json as {
      events: { event: { tenant_id?: string } }[];
    };
    expect(new Set(events.map(({ event }) => event.tenant_id))).toEqual(new Set(["acme"]));
    for (const format of ["jsonl", "csv", "verifiable"]) {
      const { text } = await get("acmeAuditor", `audit/export?format=${format}`);
      expect(text).toContain(ids.acme);
      expect(text).not.toContain(ids.globex);
      expect(text).not.toContain(ids.none);
    }
    const orphans = (await get("acmeAuditor", "audit/orphans")).json;
    expect(orphans).toMatchObject({ count: 1, intents: [{ event: { id: ids.acme } }], next_cursor: null });
  });

  it("sees of a request that two tenants gave the same id what is its own [AUD-6]", async () => {
    for (const path of [`events/${ids.acme}/trail`, `requests/${SHARED}/trail`]) {
      const { events } = (await get("acmeAuditor", `audit/${path}`)).json as {
        events: { event: { id: string } }[];
      };
      expect(events.map(({ event }) => event.id)).toEqual([ids.acme]);
    }
    expect((await get("acmeAuditor", `audit/events/${ids.acme}`)).json).toMatchObject({
      payloads: [{ value: { of: "acme" } }],
    });
    expect((await get("acmeAuditor", `audit/receipt/${ids.acme}`)).status).toBe(200);
  });

  it.each([
    ["events?tenant=globex", 403],
    ["export?tenant=globex&format=csv", 403],
    ["export?tenant=globex&format=verifiable", 403],
    ["tile/entries/000.p/1", 403],
    ["requests/globex-request/trail", 404],
  ])("looks elsewhere with %s: a denial on record [AUD-6]", async (path, status) => {
    expect(await outcomeOf(await get("acmeAuditor", `audit/${path}`))).toMatchObject(
      denied(status, "audit_read"),
    );
  });

  it.each(["events/ID", "events/ID/trail", "proof/ID", "receipt/ID"])(
    "is told of the events of others as of none, and it is on record: %s [AUD-6]",
    async (path) => {
      for (const id of [ids.globex, ids.none]) {
        const response = await get("acmeAuditor", `audit/${path.replace("ID", id)}`);
        expect(await outcomeOf(response)).toMatchObject(denied(404, "audit_read"));
        const unknown = await get(
          "acmeAuditor",
          `audit/${path.replace("ID", "0198f3c1-0000-7000-8000-000000000000")}`,
        );
        const said = ({ json }: RawResponse) => (json as { error: { code: string; message: string } }).error;
        expect([said(response).code, said(response).message]).toEqual([
          said(unknown).code,
          said(unknown).message,
        ]);
        expect(await recorded(unknown)).toMatchObject([{ decision: "allow" }]);
      }
    },
  );

  it("still gets what has no events of any tenant [AUD-7]", async () => {
    for (const path of ["checkpoint", "tile/0/000.p/1"]) {
      expect((await get("acmeAuditor", `audit/${path}`)).status).toBe(200);
    }
  });
});

it("who is bound to no tenant sees all of them [AUD-6]", async () => {
  const { events } = (await get("auditor", "audit/events?tool=ledger")).json as {
    events: { event: { id: string } }[];
  };
  expect(events.map(({ event }) => event.id)).toEqual([ids.none, ids.globex, ids.acme]);
  const { events: narrowed } = (await get("auditor", "audit/events?tool=ledger&tenant=globex"))
    .json as typeof events & {
    events: { event: { id: string } }[];
  };
  expect(narrowed.map(({ event }) => event.id)).toEqual([ids.globex]);
  expect((await get("auditor", `audit/requests/${SHARED}/trail`)).json).toMatchObject({
    events: [{}, {}, {}],
  });
  expect((await get("auditor", `audit/events/${ids.globex}`)).status).toBe(200);
});

describe("a quarantine", () => {
  interface Shown {
    readonly events: { readonly event_id: string; readonly seq: number }[];
  }
  const listed = async (who: Who): Promise<Shown["events"]> =>
    ((await get(who, "siem/destinations/splunk/quarantine")).json as Shown).events;

  it("shows and gives up what is of one's own tenant alone [SIEM-5]", async () => {
    await vi.waitFor(async () => expect(await listed("admin")).toHaveLength(3), WAIT);
    const all = await listed("admin");
    expect((await listed("acmeAdmin")).map(({ event_id }) => event_id)).toEqual([ids.acme]);
    const others = all.filter(({ event_id }) => event_id !== ids.acme).map(({ seq }) => seq);
    for (const act of ["replay", "discard"]) {
      const reason = act === "discard" ? { reason: "not ours" } : {};
      const response = await ask("acmeAdmin", "POST", `siem/destinations/splunk/quarantine/${act}`, {
        seqs: others,
        ...reason,
      });
      expect(response.status).toBe(404);
    }
    expect(
      (
        await ask("acmeAdmin", "POST", "siem/destinations/splunk/quarantine/discard", {
          all: true,
          reason: "ours",
        })
      ).json,
    ).toEqual({ discarded: 1 });
    expect((await listed("admin")).map(({ seq }) => seq)).toEqual(others);
  });

  it.each([
    ["POST", "/splunk/pause", { reason: "x" }],
    ["POST", "/splunk/resume", undefined],
    ["POST", "/splunk/flush", {}],
    ["POST", "/flush", {}],
    ["DELETE", "/splunk", undefined],
  ])("%s %s is for those of no tenant: it is all tenants' [SIEM-5]", async (method, path, body) => {
    const response = await ask("acmeAdmin", method, `siem/destinations${path}`, body);
    expect(await outcomeOf(response)).toMatchObject(denied(403, "siem_control"));
  });
});

describe("an erasure", () => {
  const kept = async (tenant: Tenant): Promise<unknown> => {
    const shown = (await get("admin", `audit/events/${ids[tenant]}`)).json as {
      payloads: { value: unknown }[];
    };
    return shown.payloads[0]?.value;
  };

  it("of one who is bound to a tenant stays within it, and says who, from where and for which [AUD-7]", async () => {
    const erased = await erase("globexAdmin", { user_id: "alice", reason: "asked for" });
    expect(erased).toMatchObject({ status: 201, json: { payloads: 1 } });
    expect([await kept("acme"), await kept("globex"), await kept("none")]).toEqual([
      { of: "acme" },
      null,
      { of: "none" },
    ]);
    expect(await recorded(erased)).toMatchObject([
      {
        event_type: "payload_erasure",
        user_id: "gus",
        tenant_id: "globex",
        client_address: "127.0.0.1",
        metadata: { subject: { user_id: "alice", tenants: ["globex"] }, payloads: 1, signed: {} },
      },
    ]);
  });

  it.each([{ tenant: "globex" }, { tenant: ["acme", "globex"] }, { tenant: null }, { all_tenants: true }])(
    "elsewhere is a denial on record: %j [AUD-7]",
    async (where) => {
      const response = await erase("acmeAdmin", { user_id: "alice", reason: "not mine", ...where });
      expect(await outcomeOf(response)).toMatchObject(denied(403, "payload_erasure"));
      expect(await kept("none")).toEqual({ of: "none" });
    },
  );

  it.each([
    ["an event of another tenant", () => ({ event_id: ids.acme })],
    ["an event of no tenant", () => ({ event_id: ids.none })],
    ["an event that there is not", () => ({ event_id: randomUUID() })],
    ["a request of another tenant alone", () => ({ request_id: "acme-request" })],
    ["a request that there is not", () => ({ request_id: "no such request" })],
    [
      "a user of its own, in a request of another tenant",
      () => ({ user_id: "alice", request_id: "acme-request" }),
    ],
  ])(
    "finds %s no more than one that is not there, and the denial is on record [AUD-7]",
    async (_what, whose) => {
      const before = [await kept("acme"), await kept("none")];
      const response = await erase("globexAdmin", { ...whose(), reason: "not mine" });
      expect(response).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
      expect(await recorded(response)).toMatchObject([
        { event_type: "payload_erasure", decision: "deny", outcome: "denied", tenant_id: "globex" },
      ]);
      expect([await kept("acme"), await kept("none")]).toEqual(before);
    },
  );

  it.each([
    ["an event", () => ({ event_id: ids.acme, tenant: ["globex", null] })],
    ["a request", () => ({ request_id: "acme-request", tenant: [null, "globex"] })],
    ["an event that there is not", () => ({ event_id: randomUUID(), all_tenants: true })],
  ])("of one without a tenant says 404 of %s that is not where it says [AUD-7]", async (_what, whose) => {
    const response = await erase("admin", { ...whose(), reason: "mistyped" });
    expect(response.status).toBe(404);
    expect(await recorded(response)).toMatchObject([{ event_type: "payload_erasure", decision: "deny" }]);
  });

  it.each([
    ["tenant", {}],
    ["all_tenants", { tenant: "acme", all_tenants: true }],
    ["all_tenants", { all_tenants: false }],
    ["tenant", { tenant: [] }],
  ])("of one without a tenant has to say where, refused naming %s: %j [AUD-7]", async (field, where) => {
    const response = await erase("admin", { user_id: "alice", reason: "where?", ...where });
    expect(response).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field } } });
  });

  it("of one without a tenant is done where it says, and the log verifies [AUD-7]", async () => {
    expect(
      (await erase("admin", { user_id: "alice", reason: "none", tenant: "elsewhere" })).json,
    ).toMatchObject({
      payloads: 0,
    });
    expect((await erase("admin", { user_id: "alice", reason: "none", tenant: [null] })).json).toMatchObject({
      payloads: 1,
    });
    expect([await kept("acme"), await kept("none")]).toEqual([{ of: "acme" }, null]);
    expect((await erase("admin", { user_id: "alice", reason: "all", all_tenants: true })).json).toMatchObject(
      {
        payloads: 1,
      },
    );
    const keys = parseKeySet(readFileSync(join(gateway.dataDirectory, "audit-log.vkey"), "utf8"));
    const pool = new pg.Pool({ connectionString: gateway.databaseUrl });
    pool.on("error", () => undefined);
    try {
      expect(await verifyOnline({ pool, keys })).toMatchObject({ ok: true, findings: [] });
      // An erasure in one tenant is none in another.
      await pool.query(
        "UPDATE gateway_audit_payloads SET erased_by = (SELECT erased_by FROM gateway_audit_payloads WHERE event_id = $2) WHERE event_id = $1",
        [ids.acme, ids.globex],
      );
      expect((await verifyOnline({ pool, keys })).findings).toMatchObject([
        { kind: "payload_missing", id: ids.acme },
      ]);
    } finally {
      await pool.end();
    }
  });
});
