import { execFile } from "node:child_process";
import { once } from "node:events";
import { hash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import {
  createAuthority,
  PEER_SESSION_REVISION,
  requireServer,
  startMcpServer,
  startTokenIssuer,
  type IssuedCertificate,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send, toolCall, type RawRequest, type RawResponse } from "../support/requests.ts";
import { tlsClient } from "../support/tls-clients.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const DOMAIN = "prod.example.org";
const WORKLOAD = `spiffe://${DOMAIN}/ns/payments/sa/worker`;
const CLIENT = [
  "basicConstraints = CA:FALSE",
  "keyUsage = digitalSignature",
  "extendedKeyUsage = clientAuth",
];
const named = (...names: string[]) => ({ extensions: [...CLIENT, `subjectAltName = ${names.join(",")}`] });

const folder = mkdtempSync(join(tmpdir(), "sark-certificates-"));
const servers = createAuthority(folder, "servers");
const mesh = createAuthority(folder, "mesh");
const staff = createAuthority(folder, "staff");
const unknown = createAuthority(folder, "other");
const worker = mesh.issue("worker", named(`URI:${WORKLOAD}`));
const auditor = staff.issue("auditor", { subject: "/C=DE/O=Example/CN=Olga", extensions: CLIENT });
const unmapped = staff.issue("unmapped", { extensions: CLIENT });
const revoked = mesh.issue("revoked", named(`URI:${WORKLOAD}`));
mesh.revoke(revoked);

const issuer = await startTokenIssuer({ audience: "sark" });
let tools: Awaited<ReturnType<typeof startMcpServer>>;
let gateway: GatewayUnderTest;
/** Lets no one in without a certificate. */
let closed: GatewayUnderTest;

beforeAll(async () => {
  tools = await startMcpServer();
  const server = servers.issue("gateway", { extensions: ["subjectAltName = IP:127.0.0.1,DNS:localhost"] });
  const start = (clientCertificates: string) =>
    startGatewayUnderTest({
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
      config: {
        http: {
          tls: { certFile: server.certFile, keyFile: server.keyFile, clientCertificates },
          trustedProxies: ["127.0.0.1"],
        },
        authentication: {
          jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }],
          maxFailures: 1_000,
          certificates: [
            {
              name: "mesh",
              caFile: mesh.certFile,
              crlFile: mesh.revocationList(),
              trustDomains: [
                {
                  trustDomain: DOMAIN,
                  path: "/ns/payments",
                  tenant: "payments",
                  roles: ["worker"],
                  attributes: { teams: ["payments"] },
                },
              ],
            },
            {
              name: "staff",
              caFile: staff.certFile,
              crlFile: staff.revocationList(),
              callers: [{ subject: "CN=Olga,O=Example,C=DE", principal: "olga", roles: ["auditor"] }],
            },
          ],
        },
      },
      policies: {
        "workers.cedar": `permit(principal is Agent, action, resource) when { principal.tenant == "payments" };
          permit(principal is User, action, resource) when { principal.roles.contains("developer") };`,
      },
    });
  [gateway, closed] = await Promise.all([start("request"), start("require")]);
});
afterAll(async () => {
  await Promise.all([gateway.close(), closed.close()]);
  await tools.close();
  await issuer.close();
  rmSync(folder, { recursive: true, force: true });
});

async function as(
  certificate: IssuedCertificate | undefined,
  request: RawRequest,
  at: GatewayUnderTest = gateway,
): Promise<RawResponse> {
  const dispatcher = tlsClient(servers, certificate);
  try {
    return await send(at.url, { ...request, dispatcher });
  } finally {
    await dispatcher.close();
  }
}
const whoami = { method: "GET", path: "/openapi.json" } as const;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const der = ({ certFile }: IssuedCertificate) => new X509Certificate(readFileSync(certFile)).raw;
const sha256 = (certificate: IssuedCertificate) => hash("sha256", der(certificate), "hex");
const thumbprint = (certificate: IssuedCertificate) => hash("sha256", der(certificate), "base64url");
const openConnections = async () => {
  const { text } = await as(undefined, {
    method: "GET",
    path: "/metrics",
    headers: { "x-api-key": gateway.apiKey },
  });
  return Number(/^sark_gateway_active_connections(?:\{\})? (\d+)$/m.exec(text)?.[1]);
};
const failures = async (reason: string) => {
  const { text } = await as(undefined, {
    method: "GET",
    path: "/metrics",
    headers: { "x-api-key": gateway.apiKey },
  });
  return Number(
    new RegExp(`_authentication_failures_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
  );
};

describe("a workload with a certificate of its trust domain", () => {
  it.each(CLIENTS)(
    "calls tools as its SPIFFE id, on record with the certificate: %s [GTW-1] [AUD-1]",
    async (kind) => {
      const dispatcher = tlsClient(servers, worker, { pipelining: 1 });
      const client = await connectClient(kind, `${gateway.url}/mcp/tools`, { headers: {}, dispatcher });
      expect(JSON.stringify(await client.callTool("echo", { text: kind }))).toContain(kind);
      await client.close();
      await dispatcher.close();
      expect(
        (await auditRows(gateway.databaseUrl, "tool_name = 'echo' AND phase = 'intent'")).at(-1),
      ).toMatchObject({
        agent_id: WORKLOAD,
        tenant_id: "payments",
        credential: `certificate:mesh sha256=${sha256(worker)}`,
        decision: "allow",
      });
    },
  );

  it("is the one that curl shows, too [GTW-1]", async () => {
    const curl = requireServer("curl") ?? "curl";
    const { stdout } = await promisify(execFile)(curl, [
      "-s",
      "--cacert",
      servers.certFile,
      "--cert",
      worker.chainFile,
      "--key",
      worker.keyFile,
      `${gateway.url}/api/v1/gateway/servers`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject([{ server_id: "tools" }]);
  });

  it("has a session that no other certificate can go on with [GTW-2]", async () => {
    const initialize = {
      path: "/mcp/tools",
      body: {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: PEER_SESSION_REVISION,
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      },
    };
    const { headers } = await as(worker, initialize);
    const session = String(headers["mcp-session-id"]);
    const ping = {
      path: "/mcp/tools",
      headers: { "mcp-session-id": session, "mcp-protocol-version": PEER_SESSION_REVISION },
      body: { jsonrpc: "2.0", id: 2, method: "ping" },
    };
    const neighbour = mesh.issue("neighbour", named(`URI:spiffe://${DOMAIN}/ns/payments/sa/other`));
    expect((await as(neighbour, ping)).status).toBe(404);
    expect((await as(undefined, ping)).status).toBe(401);
    // The principal counts, not the certificate: workloads get a new one every hour.
    const renewed = mesh.issue("renewed", named(`URI:${WORKLOAD}`));
    expect((await as(renewed, ping)).status).toBe(200);
  });
});

describe("a person with a certificate that the configuration names by its subject", () => {
  it("has the roles that stand there [GTW-1]", async () => {
    expect((await as(auditor, { method: "GET", path: "/api/v1/audit/events" })).status).toBe(200);
    expect((await as(worker, { method: "GET", path: "/api/v1/audit/events" })).status).toBe(403);
    expect((await auditRows(gateway.databaseUrl, "user_id = 'olga'")).at(-1)).toMatchObject({
      credential: `certificate:staff sha256=${sha256(auditor)}`,
    });
  });
});

describe("a certificate that is not good", () => {
  it.each<[string, string, () => IssuedCertificate]>([
    ["of another CA", "untrusted_certificate", () => unknown.issue("a", named(`URI:${WORKLOAD}`))],
    ["signed by itself", "untrusted_certificate", () => createAuthority(folder, "self")],
    [
      "for servers",
      "untrusted_certificate",
      () =>
        mesh.issue("b", {
          extensions: ["extendedKeyUsage = serverAuth", `subjectAltName = URI:${WORKLOAD}`],
        }),
    ],
    [
      "that has expired",
      "expired_certificate",
      () => mesh.issue("c", { ...named(`URI:${WORKLOAD}`), hours: -1 }),
    ],
    [
      "that is for later",
      "expired_certificate",
      () => mesh.issue("d", { ...named(`URI:${WORKLOAD}`), begins: 1 }),
    ],
    ["that is revoked", "revoked_certificate", () => revoked],
    ["that names no caller", "unknown_certificate", () => unmapped],
    [
      "of another trust domain",
      "unknown_certificate",
      () => mesh.issue("e", named("URI:spiffe://other.example/x")),
    ],
    [
      "of its trust domain, from another authority",
      "unknown_certificate",
      () => staff.issue("f", named(`URI:${WORKLOAD}`)),
    ],
    [
      "beyond the path",
      "unknown_certificate",
      () => mesh.issue("g", named(`URI:spiffe://${DOMAIN}/ns/payments-2/x`)),
    ],
    [
      "with two URIs",
      "unknown_certificate",
      () => mesh.issue("h", named(`URI:${WORKLOAD}`, "URI:https://x.example")),
    ],
  ])(
    "%s is refused with 401, counted by reason, and tells nothing of itself: %s [GTW-1]",
    async (_what, reason, make) => {
      const certificate = make();
      const before = await failures(reason);
      const refused = await as(certificate, toolCall("tools", "echo", { text: "x" }));
      expect(refused).toMatchObject({ status: 401, json: { error: { code: "unauthenticated" } } });
      expect(refused.headers["www-authenticate"]).toBe('Bearer realm="sark"');
      expect(await failures(reason)).toBe(before + 1);
    },
  );

  it("is not helped by another credential that is good [GTW-1]", async () => {
    const headers = { "x-api-key": gateway.apiKey };
    expect((await as(revoked, { ...whoami, headers })).status).toBe(401);
    // One that is good, and names no caller, only is not the one who calls.
    expect((await as(unmapped, { ...whoami, headers })).status).toBe(200);
  });
});

describe("a token that is bound to a certificate (RFC 8705)", () => {
  const claims = (certificate: IssuedCertificate) => ({
    sub: "alice",
    roles: ["developer"],
    cnf: { "x5t#S256": thumbprint(certificate) },
  });

  it("is good over a connection with that certificate alone [GTW-1]", async () => {
    const token = await issuer.issue(claims(worker));
    const headers = bearer(token);
    expect((await as(auditor, { ...whoami, headers })).status).toBe(401);
    expect((await as(worker, { ...whoami, headers })).status).toBe(200);
    // Not because it was verified a moment ago.
    for (const other of [auditor, undefined, mesh.issue("again", named(`URI:${WORKLOAD}`))]) {
      const refused = await as(other, { ...whoami, headers });
      expect(refused.status).toBe(401);
      expect(refused.headers["www-authenticate"]).toContain('error="invalid_token"');
    }
    expect(await failures("unconfirmed_token")).toBe(4);
  });

  it("says who calls, not the certificate, and both are on record [GTW-1]", async () => {
    const token = await issuer.issue({ ...claims(worker), jti: "t-1" });
    await as(worker, {
      ...toolCall("tools", "add", { a: 1, b: 2 }),
      headers: { ...toolCall("tools", "add").headers, ...bearer(token) },
    });
    expect(
      (await auditRows(gateway.databaseUrl, "tool_name = 'add' AND phase = 'intent'")).at(-1),
    ).toMatchObject({
      user_id: "alice",
      agent_id: null,
      credential: `jwt:${issuer.issuer} jti=t-1 x5t#S256=${thumbprint(worker)}`,
    });
  });

  it("cannot give the id of a workload [GTW-1]", async () => {
    const headers = bearer(
      await issuer.issue({ sub: WORKLOAD, principal_type: "agent", tenant: "payments" }),
    );
    expect((await as(undefined, { ...whoami, headers })).status).toBe(401);
    expect(await failures("exceeds_issuer")).toBe(1);
  });
});

describe("a certificate in a header", () => {
  it.each([
    ["x-forwarded-client-cert", `Hash=${sha256(worker)};URI=${WORKLOAD}`],
    ["x-ssl-client-cert", encodeURIComponent(readFileSync(worker.certFile, "utf8"))],
    ["x-client-cert", der(worker).toString("base64")],
    ["client-cert", `:${der(worker).toString("base64")}:`],
    ["x-amzn-mtls-clientcert", encodeURIComponent(readFileSync(worker.certFile, "utf8"))],
    ["x-arr-clientcert", der(worker).toString("base64")],
    ["ssl-client-verify", "SUCCESS"],
  ])("is none, also from a trusted proxy: %s [GTW-1]", async (name, value) => {
    const request = { ...whoami, headers: { [name]: value, "x-forwarded-for": "192.0.2.1" } };
    const refused = await as(undefined, request);
    expect(refused.status).toBe(401);
    expect((await as(worker, { ...request, headers: { ...request.headers, [name]: "x" } })).status).toBe(200);
  });
});

describe("a revocation list that changes", () => {
  it("ends connections from before, also one whose handshake had only begun [GTW-1]", async () => {
    const { port } = new URL(gateway.url);
    const lost = mesh.issue("lost", named(`URI:${WORKLOAD}`));
    expect((await as(lost, whoami)).status).toBe(200);
    const begun = connect(Number(port), "127.0.0.1");
    await once(begun, "connect");
    // It has to be there when the gateway reads the files, not only here.
    await vi.waitFor(async () => expect(await openConnections()).toBeGreaterThan(1), WAIT);
    mesh.revoke(lost);
    mesh.revocationList();
    await vi.waitFor(async () => expect((await as(lost, whoami)).status).toBe(401), WAIT);
    // A request of the loop may have come by a connection from before, too.
    const before = await failures("outdated_connection");
    const socket = connectTls({
      socket: begun,
      ca: readFileSync(servers.certFile),
      cert: readFileSync(worker.chainFile),
      key: readFileSync(worker.keyFile),
    });
    await once(socket, "secureConnect");
    socket.write("GET /openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let text = "";
    for await (const chunk of socket) {
      text += String(chunk);
    }
    expect(text).toMatch(/^HTTP\/1\.1 401 .*connection: close.*Connect again/is);
    expect(await failures("outdated_connection")).toBe(before + 1);
    expect((await as(worker, whoami)).status).toBe(200);
  });
});

describe("a gateway that requires certificates", () => {
  it("refuses every request without a good one, with credentials and for health as well [GTW-1]", async () => {
    const apiKey = { "x-api-key": closed.apiKey };
    for (const path of ["/openapi.json", "/health", "/livez", "/metrics", "/nowhere"]) {
      for (const headers of [{}, apiKey]) {
        expect([path, (await as(undefined, { method: "GET", path, headers }, closed)).status]).toEqual([
          path,
          401,
        ]);
        expect([path, (await as(revoked, { method: "GET", path, headers }, closed)).status]).toEqual([
          path,
          401,
        ]);
      }
    }
    expect((await as(worker, { method: "GET", path: "/health" }, closed)).status).toBe(200);
    expect((await as(worker, { ...whoami }, closed)).status).toBe(200);
    expect((await as(unmapped, { ...whoami, headers: apiKey }, closed)).status).toBe(200);
    expect((await as(unmapped, whoami, closed)).status).toBe(401);
  });
});
