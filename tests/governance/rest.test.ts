import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, growth, series } from "../support/observed.ts";
import { send, type RawResponse } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low", tools: { big: "critical" } },
      { name: "closed", transport: "http", url: "http://127.0.0.1:1/mcp", sensitivity: "low" },
    ],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      agents: {
        planner: { agent_type: "service", trust_level: "trusted" },
        crawler: { agent_type: "worker", trust_level: "limited" },
        acmePlanner: { agent_type: "service", trust_level: "trusted", tenant: "acme" },
      },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  await issuer.close();
});

let before: ReadonlyMap<string, number>;
beforeEach(async () => {
  before = await series(gateway);
});

const WHO = {
  admin: { sub: "root", roles: ["admin"] },
  gateway: { sub: "edge-1", roles: ["gateway"] },
  developer: { sub: "alice", roles: ["developer"], tenant: "acme" },
  guest: { sub: "mallory", roles: [] },
  planner: { sub: "planner", principal_type: "agent" },
  acmePlanner: { sub: "acmePlanner", principal_type: "agent", tenant: "acme" },
  namesake: { sub: "acmePlanner", principal_type: "agent", tenant: "globex" },
  stray: { sub: "stray", principal_type: "agent", agent_type: "service" },
} as const;

async function rest(who: keyof typeof WHO, path: string, body?: unknown): Promise<RawResponse> {
  const authorization = `Bearer ${await issuer.issue({ ...WHO[who] })}`;
  return send(gateway.url, {
    method: body === undefined ? "GET" : "POST",
    path: `/api/v1/gateway/${path}`,
    headers: { authorization },
    ...(body === undefined ? {} : { body }),
  });
}

interface Findings {
  allow: boolean;
  reason: string;
  audit_id: string;
  cache_ttl: number;
}

describe("POST /authorize", () => {
  const invoke = {
    action: "gateway:tool:invoke",
    server_name: "tools",
    tool_name: "echo",
    parameters: { text: "x" },
  };

  it.each([
    ["developer", true, "allow"],
    ["guest", false, "deny"],
  ] as const)(
    "responds to %s with the decision and the id of its committed record [AUD-1] [MET-1] [MET-5]",
    async (who, allow, decision) => {
      const response = await rest(who, "authorize", invoke);
      expect(response.status).toBe(200);
      const findings = response.json as Findings;
      expect(findings).toEqual({
        allow,
        reason: expect.stringMatching(/\w+/) as string,
        audit_id: expect.any(String) as string,
        cache_ttl: expect.any(Number) as number,
      });
      expect(await auditRows(gateway.databaseUrl, "id = $1", findings.audit_id)).toEqual([
        expect.objectContaining({
          event_type: "tool_invoke",
          user_id: WHO[who].sub,
          server_name: "tools",
          tool_name: "echo",
          decision,
          reason: findings.reason,
          phase: "decision",
          outcome: null,
          gateway_request_id: response.headers["x-correlation-id"],
        }),
      ]);
      expect(await growth(gateway, "sark_gateway_authz_requests_total", before)).toEqual({
        [`{decision="${decision}",action="gateway:tool:invoke",server="tools"}`]: 1,
      });
      expect(await growth(gateway, "sark_gateway_audit_events_total", before)).toEqual({
        [`{event_type="tool_invoke",decision="${decision}"}`]: 1,
      });
    },
  );

  it("takes a sensitivity that is higher than the configured one, and none that is lower", async () => {
    const asked = (tool: string, level: string) =>
      rest("developer", "authorize", { ...invoke, tool_name: tool, sensitivity_level: level });
    expect((await asked("echo", "critical")).json).toMatchObject({ allow: false });
    expect((await asked("big", "low")).json).toMatchObject({ allow: false });
  });

  it.each(["gateway:server:list", "gateway:tool:discover", "gateway:server:info"])(
    "decides %s, too, and records it as discovery",
    async (action) => {
      const { json } = await rest("developer", "authorize", { action, server_name: "tools" });
      expect(json).toMatchObject({ allow: true });
      const [row] = await auditRows(gateway.databaseUrl, "id = $1", (json as Findings).audit_id);
      expect(row).toMatchObject({ event_type: "discovery", metadata: { action } });
    },
  );
});

describe("POST /authorize-a2a [MET-3]", () => {
  const ask = {
    source_agent_id: "planner",
    target_agent_id: "crawler",
    capability: "execute",
    message_type: "task",
  };

  it("decides by what the configuration knows of both agents", async () => {
    const { json, status } = await rest("planner", "authorize-a2a", ask);
    expect({ status, json }).toMatchObject({ status: 200, json: { allow: true } });
    expect(await auditRows(gateway.databaseUrl, "id = $1", (json as Findings).audit_id)).toEqual([
      expect.objectContaining({
        event_type: "a2a_communication",
        agent_id: "planner",
        user_id: null,
        decision: "allow",
        metadata: expect.objectContaining({ target_agent_id: "crawler", capability: "execute" }) as unknown,
      }),
    ]);
    expect(await growth(gateway, "sark_a2a_authz_requests_total", before)).toEqual({
      '{decision="allow",source_type="service",target_type="worker"}': 1,
    });
  });

  it.each([
    [
      "an unknown source is untrusted, whatever type it claims",
      "stray",
      { ...ask, source_agent_id: "stray" },
      "service",
      "worker",
    ],
    [
      "an unknown target is untrusted",
      "planner",
      { ...ask, target_agent_id: "another" },
      "service",
      "unknown",
    ],
    [
      "a gateway may ask for an agent that is unknown",
      "gateway",
      { ...ask, source_agent_id: "ghost" },
      "unknown",
      "worker",
    ],
    [
      "a worker of limited trust gets no delegation",
      "planner",
      { ...ask, capability: "delegate" },
      "service",
      "worker",
    ],
  ] as const)("%s", async (_what, who, body, source, target) => {
    expect((await rest(who, "authorize-a2a", body)).json).toMatchObject({ allow: false });
    expect(await growth(gateway, "sark_a2a_authz_requests_total", before)).toEqual({
      [`{decision="deny",source_type="${source}",target_type="${target}"}`]: 1,
    });
  });

  it("knows an agent of one tenant in that tenant alone: its namesake elsewhere is another", async () => {
    const own = { ...ask, source_agent_id: "acmePlanner" };
    expect((await rest("acmePlanner", "authorize-a2a", own)).json).toMatchObject({ allow: true });
    for (const who of ["namesake", "gateway"] as const) {
      expect((await rest(who, "authorize-a2a", own)).json).toMatchObject({ allow: false });
    }
  });

  it("lets a gateway ask for a known agent, and no other caller for another", async () => {
    expect((await rest("gateway", "authorize-a2a", ask)).json).toMatchObject({ allow: true });
    for (const who of ["developer", "stray", "guest"] as const) {
      expect(await rest(who, "authorize-a2a", ask)).toMatchObject({
        status: 403,
        json: { error: { code: "forbidden", field: "source_agent_id" } },
      });
    }
  });
});

describe("GET /servers and /tools", () => {
  it("list what the caller may use, and which servers respond [HLT-1]", async () => {
    const { json } = await rest("developer", "servers");
    expect(json).toEqual([
      expect.objectContaining({ server_name: "tools", health_status: "healthy", server_url: "/mcp/tools" }),
      expect.objectContaining({ server_name: "closed", health_status: "unhealthy", tools_count: 0 }),
    ]);
    const names = async (who: keyof typeof WHO) =>
      ((await rest(who, "tools?server_name=tools")).json as { tool_name: string }[]).map(
        ({ tool_name }) => tool_name,
      );
    expect(await names("developer")).toContain("echo");
    expect(await names("developer")).not.toContain("big");
    expect(await names("admin")).toContain("big");
    expect(await names("guest")).toEqual([]);
    expect((await rest("developer", "tools")).json).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          tool_name: "add",
          server_name: "tools",
          sensitivity_level: "low",
          parameters: [
            { name: "a", type: "number", required: true },
            { name: "b", type: "number", required: true },
          ],
        }),
      ]),
    );
  });

  it("say which server there is not, or does not respond", async () => {
    expect(await rest("developer", "tools?server_name=nope")).toMatchObject({
      status: 404,
      json: { error: { field: "server_name" } },
    });
    expect(await rest("developer", "tools?server_name=closed")).toMatchObject({
      status: 502,
      json: { error: { code: "upstream_unavailable" } },
    });
    expect(await rest("developer", "tools?sever_name=x")).toMatchObject({
      status: 400,
      json: { error: { field: "sever_name" } },
    });
  });
});

describe("POST /audit", () => {
  const event = {
    event_type: "tool_invoke",
    user_id: "alice",
    server_name: "elsewhere",
    tool_name: "x",
    decision: "allow",
    reason: "by another gateway",
    timestamp: 1_795_000_000.5,
    gateway_request_id: "request-1",
    metadata: { any: ["thing"] },
  };

  it("records the event of an enforcement point elsewhere: 201 and its id [AUD-1] [AUD-4]", async () => {
    const response = await rest("gateway", "audit", event);
    expect(response).toMatchObject({ status: 201, json: { status: "logged" } });
    const { audit_id: id } = response.json as { audit_id: string };
    const { timestamp: _timestamp, ...told } = event;
    expect(await auditRows(gateway.databaseUrl, "id = $1", id)).toEqual([
      expect.objectContaining({ ...told, timestamp: new Date(1_795_000_000_500) }),
    ]);
  });

  it("says who sent it, with which credential and from where, whatever the event says [AUD-1]", async () => {
    const token = await issuer.issue({ sub: "edge-2", roles: ["gateway"], tenant: "acme", jti: "t-7" });
    const headers = { authorization: `Bearer ${token}` };
    const path = "/api/v1/gateway/audit";
    const { json } = await send(gateway.url, { path, headers, body: event });
    const { audit_id: id } = json as { audit_id: string };
    const mark = {
      user_id: "alice",
      submitted_by: "user:edge-2",
      credential: `jwt:${issuer.issuer} jti=t-7`,
      client_address: "127.0.0.1",
      tenant_id: "acme",
    };
    expect(await auditRows(gateway.databaseUrl, "id = $1", id)).toEqual([expect.objectContaining(mark)]);

    const admin = { headers: { authorization: `Bearer ${await issuer.issue({ ...WHO.admin })}` } };
    const read = async (query: string) =>
      send(gateway.url, { method: "GET", path: `/api/v1/audit/${query}`, ...admin });
    const found = await read("events?user_id=alice&submitted_by=user:edge-2");
    expect(found.json).toMatchObject({ events: [{ event: { id, ...mark } }] });
    expect((await read(`events/${id}/trail`)).text).toContain('"submitted_by":"user:edge-2"');
    for (const format of ["csv", "jsonl"]) {
      const lines = (await read(`export?user_id=alice&format=${format}`)).text.split("\n");
      expect(lines.find((line) => line.includes(id))).toContain("user:edge-2");
    }
    for (const field of ["submitted_by", "client_address", "credential", "tenant_id"]) {
      expect(await rest("gateway", "audit", { ...event, [field]: "forged" })).toMatchObject({
        status: 400,
        json: { error: { field } },
      });
    }
  });

  it("marks what an enforcement point asks for an agent, and not what an agent asks for itself [AUD-1]", async () => {
    const asked = async (who: keyof typeof WHO) => {
      const { json } = await rest(who, "authorize-a2a", { ...a2a, source_agent_id: "planner" });
      return auditRows(gateway.databaseUrl, "id = $1", (json as Findings).audit_id);
    };
    expect(await asked("gateway")).toMatchObject([{ agent_id: "planner", submitted_by: "user:edge-1" }]);
    expect(await asked("planner")).toMatchObject([{ agent_id: "planner", submitted_by: null }]);
  });

  it("takes X-Gateway-Api-Key, and needs the role gateway", async () => {
    const path = "/api/v1/gateway/audit";
    const headers = { "x-gateway-api-key": gateway.apiKey };
    expect(await send(gateway.url, { path, headers, body: event })).toMatchObject({ status: 201 });
    expect(await rest("developer", "audit", event)).toMatchObject({
      status: 403,
      json: { error: { code: "forbidden" } },
    });
  });
});

const a2a = {
  source_agent_id: "planner",
  target_agent_id: "crawler",
  capability: "query",
  message_type: "task",
};
const logged = {
  event_type: "tool_invoke",
  decision: "allow",
  reason: "",
  timestamp: 0,
  gateway_request_id: "r",
};

function nested(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}

describe("a wrong body gets 400 and the name of its field, one line and one count [AUD-1] [MET-4]", () => {
  it.each<[route: string, body: unknown, field: string]>([
    ["authorize", {}, "action"],
    ["authorize", { action: "gateway:tool:explode" }, "action"],
    ["authorize", { action: "gateway:tool:invoke", tool_name: "echo" }, "server_name"],
    ["authorize", { action: "gateway:tool:invoke", server_name: "tools" }, "tool_name"],
    ["authorize", { action: "gateway:server:list", parameters: [] }, "parameters"],
    ["authorize", { action: "gateway:server:list", sensitivity_level: "extreme" }, "sensitivity_level"],
    ["authorize", { action: "gateway:server:list", user_id: "root" }, "user_id"],
    ["authorize", [], "body"],
    ["authorize", "not json", "body"],
    ["authorize", '{"action":"gateway:server:list","context":{"__proto__":{"a":1}}}', "body"],
    ["authorize", '{"action":"gateway:server:list","action":"gateway:server:info"}', "body"],
    ["authorize", '{"action":"gateway:server:list","parameters":{"account":1,"Account":2}}', "parameters"],
    ["authorize", '{"action":"gateway:server:list","Action":"gateway:server:info"}', "body"],
    ["authorize", '{"action":"gateway:server:list","context":{"a":"\\ud800"}}', "context"],
    ["audit", JSON.stringify(logged).replace("{", '{"reason":"first",'), "body"],
    ["authorize-a2a", { ...a2a, capability: "conquer" }, "capability"],
    ["authorize-a2a", { ...a2a, target_agent_id: undefined }, "target_agent_id"],
    ["audit", { ...logged, decision: "maybe" }, "decision"],
    ["audit", { ...logged, event_type: "No Such Type" }, "event_type"],
    // Verifiers and readers believe these to be the log's and the gateway's own.
    ["audit", { ...logged, event_type: "retention_purge" }, "event_type"],
    ["audit", { ...logged, event_type: "payload_erasure" }, "event_type"],
    ["audit", { ...logged, event_type: "audit_read" }, "event_type"],
    ["audit", { ...logged, event_type: "siem_control" }, "event_type"],
    ["audit", { ...logged, metadata: { deep: nested(20) } }, "metadata"],
    ["audit", { ...logged, metadata: { text: "x".repeat(66_000) } }, "metadata"],
    [
      "authorize",
      { action: "gateway:server:list", gateway_metadata: { deep: nested(19) } },
      "gateway_metadata",
    ],
    [
      "authorize",
      { action: "gateway:server:list", gateway_metadata: { text: "x".repeat(66_000) } },
      "gateway_metadata",
    ],
    ["authorize-a2a", { ...a2a, payload_metadata: { deep: nested(19) } }, "payload_metadata"],
    ["authorize-a2a", { ...a2a, payload_metadata: { text: "€".repeat(9_000) } }, "payload_metadata"],
    ["authorize", { action: "gateway:server:list", parameters: { deep: nested(100) } }, "body"],
    ["audit", { ...logged, timestamp: "now" }, "timestamp"],
    ["audit", { ...logged, metadata: "text" }, "metadata"],
    ["audit", { ...logged, gateway_request_id: "" }, "gateway_request_id"],
    ["audit", { ...logged, reason: "NUL \u0000" }, "reason"],
    ["audit", { ...logged, more: 1 }, "more"],
  ])("/%s %j: %s", async (route, body, field) => {
    const from = gateway.lines.length;
    const response = await rest("admin", route, body);
    expect(response).toMatchObject({ status: 400, json: { error: { code: "invalid_request", field } } });
    expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({
      [`{operation="${route}",error_type="invalid_request"}`]: 1,
    });
    const lines = gateway.lines.slice(from).filter(({ level }) => level !== "info");
    expect(lines).toEqual([
      expect.objectContaining({ level: "warn", correlation_id: response.headers["x-correlation-id"] }),
    ]);
  });
});

describe("everything but liveness and readiness needs credentials", () => {
  it.each([
    ["GET", "/metrics"],
    ["GET", "/health/detailed"],
    ["GET", "/mcp/tools"],
    ["POST", "/mcp/tools"],
    ["DELETE", "/mcp/tools"],
    ["GET", "/api/v1/gateway/servers"],
    ["GET", "/api/v1/gateway/tools"],
    ["POST", "/api/v1/gateway/authorize"],
    ["POST", "/api/v1/gateway/authorize-a2a"],
    ["POST", "/api/v1/gateway/audit"],
  ])("%s %s", async (method, path) => {
    const response = await send(gateway.url, { method, path, ...(method === "POST" ? { body: {} } : {}) });
    expect(response).toMatchObject({
      status: 401,
      headers: { "www-authenticate": expect.any(String) as string },
    });
  });

  it("metrics and details of health need a role", async () => {
    const asked = async (who: keyof typeof WHO, path: string) =>
      send(gateway.url, {
        method: "GET",
        path,
        headers: { authorization: `Bearer ${await issuer.issue({ ...WHO[who] })}` },
      });
    expect((await asked("developer", "/metrics")).status).toBe(403);
    expect((await asked("admin", "/metrics")).text).toContain(
      "# TYPE sark_gateway_authz_requests_total counter",
    );
    const refused = await asked("developer", "/health/detailed");
    expect(refused.status).toBe(403);
    expect(refused.text).not.toContain("upstream:");
    expect((await asked("admin", "/health/detailed")).text).toContain("upstream:");
  });
});
