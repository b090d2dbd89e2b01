import {
  CONFIDENTIAL_CLIENT,
  createSigningKey,
  queryDatabase,
  startAuthorizationServer,
  startTokenIssuer,
  type AuthorizationServer,
  type TokenIssuer,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { connectLive } from "../testing/live-client.ts";
import { startService } from "../testing/service.ts";

const RESOURCE = "https://metrics.example";
const AUDIENCE = "sark-metrics";
let server: AuthorizationServer;
let issuer: TokenIssuer;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  server = await startAuthorizationServer({ [RESOURCE]: ["viewer", "sender"] });
  issuer = await startTokenIssuer({ audience: AUDIENCE });
  service = await startService(
    inject("postgresUrl"),
    { METRICS_AUTHENTICATION_MAX_FAILURES: "1000000" },
    undefined,
    {
      authentication: {
        jwt: [
          // All of its callers are in one tenant; their scopes are their roles.
          {
            issuer: server.issuer,
            jwksUrl: server.jwksUrl,
            audiences: [RESOURCE],
            tenant: "acme",
            idPrefix: "program:",
            claims: { id: "client_id", roles: "scope" },
          },
          {
            issuer: issuer.issuer,
            jwksUrl: issuer.jwksUrl,
            audiences: [AUDIENCE],
            tenants: ["acme", "globex", "absent"],
            cacheTtl: "0s",
          },
        ],
      },
    },
  );
  for (const id of ["acme", "globex", "initech"]) {
    await service.send(service.platformKey, "POST", "/v1/platform/tenants", { id, name: id });
    const { admin } = await service.tenant(id);
    await service.send(admin, "PUT", `/v1/users/${id}-user`, { name: id });
  }
});
afterAll(async () => {
  await service.close();
  await Promise.all([server.close(), issuer.close()]);
});

const claims = (more: object = {}) => ({ sub: "alice", tenant: "acme", roles: ["viewer"], ...more });

async function ask(token: string, path = "/v1/users", body?: object) {
  const response = await fetch(`${service.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate"),
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** As a program gets one: with its own credentials, for this resource. */
async function tokenOf(scope: string): Promise<string> {
  const { id, secret } = CONFIDENTIAL_CLIENT;
  const basic = [id, secret].map(encodeURIComponent).join(":");
  const response = await fetch(server.tokenEndpoint, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(basic).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: RESOURCE, scope }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  expect(token).toEqual(expect.any(String));
  return token ?? "";
}

describe("tokens of a real authorization server [SVC-1] [SVC-4]", () => {
  it("log a program in to its issuer's tenant, with the roles of their scopes and no others", async () => {
    const viewer = await tokenOf("viewer");
    expect((await ask(viewer)).body).toMatchObject({ users: [{ id: "acme-user" }] });
    const event = { id: "by-token", user_id: "alice", type: "login" };
    expect((await ask(viewer, "/v1/activity", event)).status).toBe(403);
    const sender = await tokenOf("sender");
    expect((await ask(sender, "/v1/activity", event)).status).toBe(201);
    expect((await ask(sender)).status).toBe(403);
    expect(
      await queryDatabase(
        service.databaseUrl,
        "SELECT tenant_id FROM metrics.activity_events WHERE user_id = 'alice'",
      ),
    ).toEqual([{ tenant_id: "acme" }]);
  });

  it("log in to live updates, too", async () => {
    const client = await connectLive(service.url, {
      headers: { authorization: `Bearer ${await tokenOf("viewer")}` },
    });
    client.send({ type: "subscribe", kpis: ["activity"] });
    expect(await client.message(({ type }) => type === "update")).toBeDefined();
    await client.close();
  });
});

describe("a token is refused, on record with the reason, [SVC-4] [GTW-1]", () => {
  const cases: [what: string, token: () => Promise<string>, reason: string][] = [
    ["that has expired", () => issuer.issue(claims(), { expiresIn: -60 }), "expired_token"],
    [
      "that is not valid yet",
      () => issuer.issue(claims({ nbf: Math.floor(Date.now() / 1_000) + 600 })),
      "not_yet_valid",
    ],
    ["of another issuer", () => issuer.issue(claims({ iss: "https://evil.example" })), "wrong_issuer"],
    ["for another audience", () => issuer.issue(claims({ aud: "other" })), "wrong_audience"],
    ["without an audience", () => issuer.issue(claims({ aud: undefined })), "missing_audience"],
    ["with an audience that is no text", () => issuer.issue(claims({ aud: 7 })), "invalid_claims"],
    [
      "signed by another key, for no audience: the signature is looked at first",
      async () => {
        const forged = await createSigningKey("ES256");
        return issuer.issue(claims({ aud: undefined }), { key: { ...forged, kid: issuer.currentKey().kid } });
      },
      "bad_signature",
    ],
    ["without a tenant", () => issuer.issue(claims({ tenant: undefined })), "exceeds_issuer"],
    [
      "of a tenant that is not its issuer's",
      () => issuer.issue(claims({ tenant: "initech" })),
      "exceeds_issuer",
    ],
    ["of a tenant that there is none of", () => issuer.issue(claims({ tenant: "absent" })), "invalid_claims"],
    ["with a list of tenants", () => issuer.issue(claims({ tenant: ["acme", "globex"] })), "invalid_claims"],
    [
      "signed by a key that is not published",
      async () => issuer.issue(claims(), { key: await createSigningKey("ES256") }),
      "unknown_signing_key",
    ],
    [
      "signed by another key under a published name",
      async () => {
        const forged = await createSigningKey("ES256");
        return issuer.issue(claims(), { key: { ...forged, kid: issuer.currentKey().kid } });
      },
      "bad_signature",
    ],
    [
      "whose claims were changed after it was signed",
      async () => {
        const [head, , signature] = (await issuer.issue(claims())).split(".");
        const other = (await issuer.issue(claims({ tenant: "globex" }))).split(".")[1];
        return [head, other, signature].join(".");
      },
      "bad_signature",
    ],
    [
      "signed with the public key as a shared secret",
      async () => {
        const { kid } = issuer.currentKey();
        const head = Buffer.from(JSON.stringify({ alg: "HS256", kid, typ: "JWT" })).toString("base64url");
        return `${head}.${(await issuer.issue(claims())).split(".")[1] ?? ""}.c2lnbmF0dXJl`;
      },
      "unsupported_algorithm",
    ],
  ];

  it.each(cases)("%s", async (_, make, reason) => {
    const { status, body, challenge } = await ask(await make());
    expect([status, body["code"]]).toEqual([401, "unauthenticated"]);
    expect(challenge).toContain('error="invalid_token"');
    const correlation = String(body["correlation_id"]);
    await vi.waitFor(async () =>
      expect(
        await queryDatabase(
          service.databaseUrl,
          `SELECT event_type, decision, metadata->>'reason_code' AS reason FROM gateway_audit_events WHERE gateway_request_id = '${correlation}'`,
        ),
      ).toEqual([{ event_type: "authentication_failed", decision: "deny", reason }]),
    );
  });

  it("of a tenant that was suspended since", async () => {
    const token = await issuer.issue(claims({ tenant: "globex" }));
    expect((await ask(token)).status).toBe(200);
    const suspended = await service.send(service.platformKey, "PATCH", "/v1/platform/tenants/globex", {
      suspended: true,
    });
    expect(suspended.status).toBeLessThan(300);
    await vi.waitFor(async () => expect((await ask(token)).status).toBe(401));
  });
});

describe("keys of an issuer [SVC-4] [GTW-1]", () => {
  it("are taken as it rotates them: the new one at once, the withdrawn one no more", async () => {
    const old = issuer.currentKey();
    const before = await issuer.issue(claims());
    expect((await ask(before)).status).toBe(200);
    await issuer.rotate();
    const after = await issuer.issue(claims());
    await vi.waitFor(async () => expect((await ask(after)).status).toBe(200));
    expect((await ask(await issuer.issue(claims(), { key: old }))).status).toBe(401);
  });

  it("that cannot be had leave those that are known in use", async () => {
    expect((await ask(await issuer.issue(claims()))).status).toBe(200);
    issuer.fail();
    expect((await ask(await issuer.issue(claims()))).status).toBe(200);
    const unknown = await createSigningKey("ES256");
    expect((await ask(await issuer.issue(claims(), { key: unknown }))).status).toBeGreaterThanOrEqual(401);
    await issuer.recover();
  });

  it("give no role of the platform, whatever a token says", async () => {
    const token = await issuer.issue(claims({ roles: ["platform", "metrics", "admin"] }));
    const path = "/v1/platform/tenants";
    expect((await ask(token, path, { id: "mine", name: "mine" })).status).toBe(403);
    expect((await ask(token, "/metrics")).status).toBe(403);
    expect((await ask(token)).status).toBe(200);
  });
});
