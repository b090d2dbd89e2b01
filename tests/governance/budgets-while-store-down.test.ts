import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startCuttingProxy, type CuttingProxy } from "../faults/cutting-proxy.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
const upstream = await startMcpServer();
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let proxy: CuttingProxy;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  database = await createAuditDatabase();
  const direct = new URL(database.url);
  proxy = await startCuttingProxy(Number(direct.port));
  const throughProxy = new URL(direct);
  throughProxy.port = String(proxy.port);
  throughProxy.hostname = "127.0.0.1";
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      quotas: {
        prices: [{ server: "tools", tool: "echo", perCall: "0.1" }],
        budgets: [
          { for: "user", daily: "1" },
          { for: "user", name: "root", daily: "1000" },
          { for: "user", tenant: "soft", daily: "1", stop: "soft" },
        ],
      },
      database: { url: throughProxy.href, timeout: "2s" },
      // A call whose record may wait on the disk goes on: what it costs is then the question.
      audit: { maintenanceInterval: "200ms", orphanAfter: "1s", whenDown: { low: "spool" } },
    },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
});
afterAll(async () => {
  await gateway.close();
  await proxy.close();
  await database.drop();
  await upstream.close();
  await issuer.close();
});

/** The state of a charge that is written for a call that is about to run. */
const RESERVATION = '{"open"}';
const HARD = { sub: "alice" };
const SOFT = { sub: "sue", tenant: "soft" };
type Who = typeof HARD | typeof SOFT;

async function as(who: Who | { sub: string; roles: string[] }): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.issue({ roles: [], ...who })}` };
}

async function call(who: Who): Promise<RawResponse> {
  return send(gateway.url, toolCall("tools", "echo", { text: `of ${who.sub}` }, await as(who)));
}

const ran = (who: Who): number =>
  upstream.requests().filter(({ body }) => JSON.stringify(body)?.includes(`"of ${who.sub}"`)).length;

/** What is used and reserved of a budget, once the gateway can say so. */
async function budget(who: Who): Promise<{ used: string; reserved: string }> {
  const tenant = "tenant" in who ? `&tenant=${who.tenant}` : "";
  const { json } = await send(gateway.url, {
    method: "GET",
    path: `/admin/v1/quotas?user=${who.sub}${tenant}`,
    headers: await as({ sub: "root", roles: ["admin"] }),
  });
  const [first] = (json as { budgets: { used: string; reserved: string }[] }).budgets;
  return { used: first?.used ?? "", reserved: first?.reserved ?? "" };
}

/** Each call that ran was charged once, and nothing is held for one that did not. */
async function expectExact(who: Who): Promise<void> {
  await vi.waitFor(
    async () => expect(await budget(who)).toEqual({ used: String(ran(who) / 10), reserved: "0" }),
    { timeout: 60_000, interval: 50 },
  );
}

const lost = (refused: "yes" | "no") => metric(gateway, "sark_gateway_quota_unavailable_total", { refused });

beforeEach(async () => {
  for (const who of [HARD, SOFT]) {
    await vi.waitFor(async () => expect(await call(who)).toMatchObject({ json: { result: {} } }), {
      timeout: 30_000,
      interval: 50,
    });
  }
});

describe("the connection breaks while a budget is asked, and the ledger has done it all the same", () => {
  it.each([
    ["the reservation", [RESERVATION]],
    ["its commit", [RESERVATION, "COMMIT"]],
  ])("at %s: a hard budget refuses the call, on record, and holds nothing [GTW-4]", async (_what, texts) => {
    const before = { ran: ran(HARD), lost: await lost("yes") };
    const cut = proxy.cutResponseTo(...texts);
    const { status, json } = await call(HARD);
    await cut;
    expect(status).toBe(200);
    const { error } = json as { error: { code: number; data: { audit_id: string } } };
    expect(error).toMatchObject({
      code: -32012,
      message: expect.stringMatching(
        /^The budget of this call cannot be looked at, so it was not made/,
      ) as string,
      data: { reason_code: "quota_unavailable", audit_id: expect.any(String) as string },
    });
    expect(ran(HARD)).toBe(before.ran);
    expect(await lost("yes")).toBe(before.lost + 1);
    const [event] = await auditRows(database.url, "id = $1", error.data.audit_id);
    expect(event).toMatchObject({
      user_id: "alice",
      decision: "deny",
      metadata: { reason_code: "quota_unavailable" },
    });
    await expectExact(HARD);
  });

  it.each([
    ["the reservation", [RESERVATION]],
    ["its commit", [RESERVATION, "COMMIT"]],
  ])("at %s: a soft budget lets the call go on, and it is charged once [GTW-4]", async (_what, texts) => {
    const before = { ran: ran(SOFT), lost: await lost("no") };
    const cut = proxy.cutResponseTo(...texts);
    const { json, headers } = await call(SOFT);
    await cut;
    expect(json).toMatchObject({ result: { content: [{ text: "of sue" }] } });
    expect(ran(SOFT)).toBe(before.ran + 1);
    expect(await lost("no")).toBe(before.lost + 1);
    const request = String(headers["x-correlation-id"]);
    await vi.waitFor(async () => {
      const rows = await auditRows(database.url, "gateway_request_id = $1", request);
      expect(rows.map(({ phase }) => phase)).toEqual(["intent", "outcome"]);
      expect(rows[0]?.metadata).toMatchObject({ budget: "not_asked", spending: { reserved: "0" } });
    });
    await expectExact(SOFT);
  });
});

it("the reservation is lost with the database, and the record waited on the disk: the call is charged by its end [GTW-4]", async () => {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  let request: string;
  let payers: string[];
  try {
    await holder.query("BEGIN");
    // The intent comes no further than the disk.
    await holder.query("SELECT FROM gateway_audit_head FOR UPDATE");
    const { rows: earlier } = await holder.query<{ id: string }>("SELECT id FROM spending_charges");
    const { json, headers } = await call(SOFT);
    expect(json).toMatchObject({ result: { content: [{ text: "of sue" }] } });
    request = String(headers["x-correlation-id"]);
    // As a server does that stops before it has flushed what it committed last.
    const lostCharge = await vi.waitFor(async () => {
      const { rows } = await holder.query<{ payers: string[]; amount: string }>(
        "DELETE FROM spending_charges WHERE state = 'settled' AND id <> ALL ($1) RETURNING payers, amount",
        [earlier.map(({ id }) => id)],
      );
      expect(rows).toHaveLength(1);
      return rows[0]!;
    });
    ({ payers } = lostCharge);
    await holder.query("UPDATE spending_totals SET spent = spent - $2 WHERE payer = ANY ($1)", [
      payers,
      lostCharge.amount,
    ]);
    await holder.query("COMMIT");
  } finally {
    await holder.end();
  }
  await expectExact(SOFT);
  await vi.waitFor(async () => {
    const records = await auditRows(database.url, "gateway_request_id = $1", request);
    // They waited on the disk each by itself.
    expect(records.map(({ phase }) => phase).toSorted()).toEqual(["intent", "outcome"]);
    const outcome = records.find(({ phase }) => phase === "outcome");
    expect(outcome?.metadata).toMatchObject({ spending: { payers } });
  });
});

it("the database is away: a hard budget refuses, a soft one is charged for what went on when it is back [GTW-4]", async () => {
  const before = { hard: ran(HARD), soft: ran(SOFT) };
  proxy.goAway();
  try {
    for (let at = 0; at < 3; at += 1) {
      expect(await call(HARD)).toMatchObject({
        json: { error: { code: -32012, data: { reason_code: "quota_unavailable" } } },
      });
      expect(await call(SOFT)).toMatchObject({ json: { result: {} } });
    }
    expect([ran(HARD), ran(SOFT)]).toEqual([before.hard, before.soft + 3]);
  } finally {
    proxy.comeBack();
  }
  await expectExact(SOFT);
  await expectExact(HARD);
});
