import { createSigningKey, startTokenIssuer, type SigningKey } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, type RawResponse } from "../support/requests.ts";

const MAX = 5;
const issuer = await startTokenIssuer({ audience: "sark" });
let forger: SigningKey;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  forger = await createSigningKey("ES256");
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: {
      http: { trustedProxies: ["127.0.0.1"] },
      authentication: {
        jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }],
        maxFailures: MAX,
        // None is forgotten while this runs.
        failureRecovery: "1h",
      },
    },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

/** As a proxy on this machine passes a request of this client on. */
function from(client: string, headers: Record<string, string>, path = "/openapi.json"): Promise<RawResponse> {
  return send(gateway.url, { method: "GET", path, headers: { "x-forwarded-for": client, ...headers } });
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const good = (sub: string) => issuer.issue({ sub, roles: ["user"] });
/** Of the issuer's key by its id, signed by another one. */
const forged = () => issuer.issue({ sub: "root" }, { key: { ...forger, kid: issuer.currentKey().kid } });

async function fail(client: string, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) {
    statuses.push((await from(client, bearer(await forged()))).status);
  }
  return statuses;
}

describe("bad credentials of one address", () => {
  it("are looked at a few times; then they get 429 with Retry-After, counted by reason [GTW-1]", async () => {
    expect(await fail("192.0.2.1", MAX)).toEqual(Array(MAX).fill(401));
    const refused = await from("192.0.2.1", bearer(await forged()));
    expect(refused).toMatchObject({ status: 429, json: { error: { code: "too_many_failures" } } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.headers["www-authenticate"]).toBeUndefined();
    for (const credential of [
      { "x-api-key": `sark_${"0".repeat(46)}` },
      bearer("a.b.c"),
      { authorization: "Basic eDp5" },
    ]) {
      expect((await from("192.0.2.1", credential)).status).toBe(429);
    }
    const { text } = await from("198.51.100.7", { "x-api-key": gateway.apiKey }, "/metrics");
    expect(text).toContain(`sark_gateway_authentication_failures_total{reason="bad_signature"} ${MAX}\n`);
    expect(text).toContain('sark_gateway_authentication_failures_total{reason="too_many_failures"} 4\n');
  });

  it("lock out no one who was there before: good keys, and tokens that were good [GTW-1]", async () => {
    const token = await good("alice");
    expect((await from("192.0.2.2", bearer(token))).status).toBe(200);
    await fail("192.0.2.2", MAX + 1);
    expect((await from("192.0.2.2", bearer(token))).status).toBe(200);
    expect((await from("192.0.2.2", { "x-api-key": gateway.apiKey })).status).toBe(200);
    // One that is new to the gateway has to wait like all others, and not elsewhere.
    const fresh = await good("bob");
    expect((await from("192.0.2.2", bearer(fresh))).status).toBe(429);
    expect((await from("192.0.2.3", bearer(fresh))).status).toBe(200);
    expect((await from("192.0.2.2", bearer(fresh))).status).toBe(200);
  });

  it("do not keep a client without credentials from learning how to get some [GTW-1]", async () => {
    await fail("192.0.2.4", MAX + 1);
    const response = await from("192.0.2.4", {});
    expect(response.status).toBe(401);
    expect(response.headers["www-authenticate"]).toContain("Bearer");
    for (let time = 0; time < 2 * MAX; time++) {
      await from("192.0.2.5", {});
    }
    expect((await from("192.0.2.5", bearer(await good("carol")))).status).toBe(200);
  });

  it("are those of its network, where it has IPv6 [GTW-1]", async () => {
    for (let host = 1; host <= MAX; host++) {
      expect(await fail(`2001:db8:0:1::${host}`, 1)).toEqual([401]);
    }
    expect(await fail("2001:db8:0:1:ffff:ffff:ffff:ffff", 1)).toEqual([429]);
    expect(await fail("2001:db8:0:2::1", 1)).toEqual([401]);
  });

  it("are not another one's by what a client writes into X-Forwarded-For [GTW-1]", async () => {
    for (let spoofed = 0; spoofed < MAX; spoofed++) {
      expect(await fail(`203.0.113.${spoofed}, 192.0.2.6`, 1)).toEqual([401]);
    }
    expect(await fail("203.0.113.99, 192.0.2.6", 1)).toEqual([429]);
    expect(await fail("203.0.113.1", 1)).toEqual([401]);
  });

  it("that come at once are not all looked at when some have failed [GTW-1]", async () => {
    const tokens = await Promise.all(Array.from({ length: 60 }, forged));
    await fail("192.0.2.8", MAX);
    const statuses = await Promise.all(
      tokens.map(async (token) => (await from("192.0.2.8", bearer(token))).status),
    );
    expect(new Set(statuses)).toEqual(new Set([429]));
  });
});

it("the address of a client is on record as its proxy has seen it [GTW-1]", async () => {
  const response = await from(
    "203.0.113.1, 198.51.100.9",
    { "x-api-key": gateway.apiKey },
    "/api/v1/audit/events?limit=1",
  );
  const rows = await auditRows(
    gateway.databaseUrl,
    "gateway_request_id = $1",
    String(response.headers["x-correlation-id"]),
  );
  expect(rows).toMatchObject([{ client_address: "198.51.100.9" }]);
});
