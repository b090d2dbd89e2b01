import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMcpServer, startTokenIssuer, type McpServerHandle } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send } from "../support/requests.ts";

const WHO = {
  admin: { sub: "root", roles: ["admin"] },
  auditor: { sub: "olga", roles: ["auditor"] },
  acmeAdmin: { sub: "ada", roles: ["admin"], tenant: "acme" },
} as const;

const issuer = await startTokenIssuer({ audience: "sark" });
let tools: McpServerHandle;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  tools = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "high" }],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
    },
    policies: {
      "all.cedar": '@id("all") permit (principal, action, resource);',
      "entities.json":
        '[{ "uid": { "type": "Salary", "id": "gus" }, "attrs": { "amount": 7 }, "parents": [] }]',
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  await issuer.close();
});

async function post(who: keyof typeof WHO, path: string, body: unknown) {
  const token = await issuer.issue({ ...WHO[who] });
  return send(gateway.url, {
    path: `/admin/v1/policies/${path}`,
    headers: { authorization: `Bearer ${token}` },
    body,
  });
}

const ALICE = { principal: { id: "alice", roles: ["user"] }, server: "tools", tool: "echo" };
const files = (text: string) => [{ name: "a.cedar", text }];

describe("a dry run [GTW-11]", () => {
  it("says what policies in force and others say, and by which of them; no tool runs", async () => {
    expect((await post("admin", "test", { ...ALICE, arguments: { text: "hi" } })).json).toMatchObject({
      decision: "allow",
      policies: ["all"],
    });
    const byArguments = files(
      `@id("some") permit (principal in Role::"user", action, resource == Tool::"tools/echo")
       when { context.parameters.text == "hi" && resource.sensitivity == "high" };`,
    );
    const asked = { ...ALICE, files: byArguments };
    const tested = async (over: object) =>
      (await post("admin", "test", { ...asked, ...over })).json as { decision: string };
    expect(await tested({ arguments: { text: "hi" } })).toMatchObject({
      decision: "allow",
      policies: ["some"],
    });
    expect(await tested({ arguments: { text: "ho" } })).toMatchObject({ decision: "deny", policies: [] });
    // Of other sensitivity than is configured.
    expect(await tested({ arguments: { text: "hi" }, sensitivity: "low" })).toMatchObject({
      decision: "deny",
    });
    // Who only looks after the gateway calls nothing, whatever policies say.
    expect(await tested({ principal: { id: "olga", roles: ["auditor"] } })).toMatchObject({
      decision: "deny",
      code: "denied_by_role",
    });
    // A policy that cannot be evaluated denies, as it would in force.
    expect(await tested({})).toMatchObject({ decision: "deny", code: "policy_error" });
  });

  it("is no governed call, and on record as what it is: who, what, by which policies, why", async () => {
    const before = await metric(gateway, "sark_policy_evaluations_total");
    const { json, headers } = await post("admin", "test", {
      ...ALICE,
      files: files('@id("no") forbid (principal, action, resource);'),
      reason: "ops-12",
    });
    const { revision } = json as { revision: string };
    const rows = await auditRows(
      gateway.databaseUrl,
      "gateway_request_id = $1",
      String(headers["x-correlation-id"]),
    );
    expect(rows).toMatchObject([
      {
        event_type: "policy_control",
        user_id: "root",
        decision: "allow",
        phase: "decision",
        server_name: null,
        policy: null,
        metadata: {
          operation: "test",
          asked: {
            principal: "user:alice",
            server: "tools",
            tool: "echo",
            policies: "a.cedar",
            revision,
            reason: "ops-12",
          },
        },
      },
    ]);
    expect(await metric(gateway, "sark_policy_evaluations_total")).toBe(before);
    expect(await auditRows(gateway.databaseUrl, "event_type = 'tool_invoke'")).toEqual([]);
  });

  it("is of the own tenant alone for those who have one; to look beyond is a denial on record", async () => {
    const seen = files('permit (principal in Tenant::"acme", action, resource);');
    const own = await post("acmeAdmin", "test", { ...ALICE, files: seen });
    expect(own.json).toMatchObject({ decision: "allow" });
    for (const tenant of ["globex", null]) {
      const beyond = await post("acmeAdmin", "test", { ...ALICE, principal: { id: "bob", tenant } });
      expect(beyond.status).toBe(403);
      const [row] = await auditRows(
        gateway.databaseUrl,
        "gateway_request_id = $1",
        String(beyond.headers["x-correlation-id"]),
      );
      expect(row).toMatchObject({ event_type: "policy_control", decision: "deny", tenant_id: "acme" });
    }
  });

  it("asks entities in force for those alone who see all tenants", async () => {
    const curious = files(
      '@id("asked") permit (principal, action, resource) when { Salary::"gus".amount == 7 };',
    );
    expect((await post("admin", "test", { ...ALICE, files: curious })).json).toMatchObject({
      decision: "allow",
    });
    const bound = await post("acmeAdmin", "test", { ...ALICE, files: curious });
    expect(bound.json).toMatchObject({ decision: "deny", code: "policy_error" });
  });

  it.each([
    [{ tool: undefined }, "tool"],
    [{ server: undefined }, "server"],
    [{ prompt: "also" }, "tool"],
    [{ action: "gateway:a2a:query" }, "action"],
    [{ files: [{ name: "../a.cedar", text: "" }] }, "files.0.name"],
    [{ files: [{ name: ".a.cedar", text: "" }] }, "files.0.name"],
    [{ files: [...files(""), ...files("")] }, "files"],
    [{ files: files(`// ${"x".repeat(1024 * 1024)}`) }, "files.0.text"],
    [
      { files: Array.from({ length: 3 }, (_, n) => ({ name: `${n}.cedar`, text: "x".repeat(400_000) })) },
      "files",
    ],
    [{ files: files("permit"), opa_path: "a" }, "opa_path"],
    [{ opa_path: "a/../b" }, "opa_path"],
    [{ files: files("permit (principal, action, resource") }, "files"],
  ])("refuses %j", async (over, field) => {
    const { status, json } = await post("admin", "test", { ...ALICE, ...over });
    expect({ status, json }).toMatchObject({ status: 400, json: { error: { field } } });
  });

  it("by OPA's way of naming policies is not offered with Cedar", async () => {
    const { status, json } = await post("admin", "test", { ...ALICE, opa_path: "mcp/next" });
    expect({ status, json }).toMatchObject({
      status: 409,
      json: { error: { code: "policy_trial_unsupported" } },
    });
  });
});

describe("validation [GTW-11]", () => {
  it("says whether policies could be in force, with file and line of what is wrong, and changes nothing", async () => {
    const good = await post("admin", "validate", { files: files("permit (principal, action, resource);") });
    expect(good.json).toMatchObject({ valid: true, policies: 1, problems: [], warnings: [] });
    const bad = await post("admin", "validate", {
      files: [
        { name: "a.cedar", text: "permit (principal, action, resource);\nforbid (principal" },
        { name: "b.cedar", text: "permit (principal, action, resource) when { context.tool.x };" },
        {
          name: "schema.cedarschema",
          text: 'entity User; entity Tool; action "gateway:tool:invoke" appliesTo',
        },
      ],
    });
    expect(bad.json).toMatchObject({ valid: false, problems: [{ file: "a.cedar", line: 2 }] });
    const list = await send(gateway.url, {
      method: "GET",
      path: "/admin/v1/policies",
      headers: { "x-api-key": gateway.apiKey },
    });
    expect(list.json).toMatchObject({
      engine: "cedar",
      policies: [{ id: "all", file: "all.cedar", line: 1 }],
      total: 1,
      last_error: null,
    });
  });

  it("is denied to those who only read, and that is on record, with what they asked for", async () => {
    const { status, headers } = await post("auditor", "validate", { files: files(""), reason: "curious" });
    expect(status).toBe(403);
    const [row] = await auditRows(
      gateway.databaseUrl,
      "gateway_request_id = $1",
      String(headers["x-correlation-id"]),
    );
    expect(row).toMatchObject({
      event_type: "policy_control",
      user_id: "olga",
      decision: "deny",
      metadata: { operation: "validate", asked: { policies: "a.cedar", reason: "curious" } },
    });
  });

  it("runs twice at once and not more, so that it cannot take the machine", async () => {
    const responses = await Promise.all(
      Array.from({ length: 6 }, () =>
        post("admin", "validate", { files: files("permit (principal, action, resource);") }),
      ),
    );
    const statuses = responses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    const busy = responses.find(({ status }) => status === 503);
    expect(busy).toMatchObject({
      headers: { "retry-after": "2" },
      json: { error: { code: "policy_trial_busy" } },
    });
  });
});
