import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TABLE } from "@sark/gateway";
import type { Endpoint, Service } from "@sark/http-api";
import { CALLER_NAMES, CALLERS, startApiScenario, type ApiScenario } from "../support/api-scenario.ts";

/**
 * Which role may call which endpoint: the HTTP status of the endpoint's example, by caller. Written by hand, so that
 * a change of who may do what has to be made here, too. 404 at a receipt: it is of no event of this caller's own.
 */
const EXPECTED = `
                                                        admin operator auditor user agent metrics gateway no-role anonymous
POST   /api/v1/gateway/authorize                        200   403      403     200  200   403     200     200     401
POST   /api/v1/gateway/authorize-a2a                    200   403      403     403  200   403     200     403     401
GET    /api/v1/gateway/servers                          200   403      403     200  200   403     200     200     401
GET    /api/v1/gateway/tools                            200   403      403     200  200   403     200     200     401
POST   /api/v1/gateway/audit                            201   403      403     403  403   403     201     403     401

GET    /api/v1/audit/events                             200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/summary                            200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/events/{id}                        200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/events/{id}/trail                  200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/requests/{id}/trail                200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/orphans                            200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/export                             200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/checkpoint                         200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/tile/{path*}                       200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/consistency                        200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/proof/{id}                         200   403      200     403  403   403     403     403     401
GET    /api/v1/audit/receipt/{id}                       200   404      200     200  404   404     404     404     401
POST   /api/v1/audit/erasures                           201   403      403     403  403   403     403     403     401

GET    /api/v1/siem/destinations                        200   200      200     403  403   403     403     403     401
GET    /api/v1/siem/destinations/{name}                 200   200      200     403  403   403     403     403     401
DELETE /api/v1/siem/destinations/{name}                 204   403      403     403  403   403     403     403     401
POST   /api/v1/siem/destinations/{name}/pause           200   200      403     403  403   403     403     403     401
POST   /api/v1/siem/destinations/{name}/resume          200   200      403     403  403   403     403     403     401
POST   /api/v1/siem/destinations/{name}/flush           200   200      403     403  403   403     403     403     401
POST   /api/v1/siem/destinations/flush                  200   200      403     403  403   403     403     403     401
GET    /api/v1/siem/destinations/{name}/quarantine      200   403      200     403  403   403     403     403     401
POST   /api/v1/siem/destinations/{name}/quarantine/replay  202 202     403     403  403   403     403     403     401
POST   /api/v1/siem/destinations/{name}/quarantine/discard 200 403     403     403  403   403     403     403     401

GET    /admin/v1/rate-limits                            200   200      200     403  403   403     403     403     401
POST   /admin/v1/rate-limits/reset                      200   200      403     403  403   403     403     403     401
GET    /admin/v1/sessions                               200   200      200     403  403   403     403     403     401
GET    /admin/v1/sessions/{fingerprint}                 200   200      200     403  403   403     403     403     401
POST   /admin/v1/sessions/{fingerprint}/end             200   200      403     403  403   403     403     403     401
GET    /admin/v1/status                                 200   200      200     403  403   403     403     403     401
GET    /admin/v1/quotas                                 200   200      200     403  403   403     403     403     401
POST   /admin/v1/quotas/reset                           200   403      403     403  403   403     403     403     401
POST   /admin/v1/quotas/adjust                          200   403      403     403  403   403     403     403     401
GET    /admin/v1/drain                                  200   200      200     403  403   403     403     403     401
POST   /admin/v1/drain                                  202   202      403     403  403   403     403     403     401
POST   /admin/v1/undrain                                200   200      403     403  403   403     403     403     401
GET    /admin/v1/policies                               200   200      200     403  403   403     403     403     401
POST   /admin/v1/policies/validate                      200   200      403     403  403   403     403     403     401
POST   /admin/v1/policies/test                          200   200      403     403  403   403     403     403     401
POST   /admin/v1/policies/replay                        200   403      200     403  403   403     403     403     401
GET    /admin/v1/tools/stats                            200   200      200     403  403   403     403     403     401
GET    /admin/v1/upstreams                              200   200      200     403  403   403     403     403     401
GET    /admin/v1/log-level                              200   200      200     403  403   403     403     403     401
PUT    /admin/v1/log-level                              200   200      403     403  403   403     403     403     401
GET    /admin/v1/profile                                200   403      403     403  403   403     403     403     401

GET    /.well-known/oauth-protected-resource            200   200      200     200  200   200     200     200     200
GET    /.well-known/oauth-protected-resource/{path*}    200   200      200     200  200   200     200     200     200

GET    /health                                          200   200      200     200  200   200     200     200     200
GET    /livez                                           200   200      200     200  200   200     200     200     200
GET    /health/ready                                    200   200      200     200  200   200     200     200     200
GET    /readyz                                          200   200      200     200  200   200     200     200     200
GET    /health/detailed                                 200   200      200     403  403   200     403     403     401

GET    /metrics                                         200   200      403     403  403   200     403     403     401

GET    /openapi.json                                    200   200      200     200  200   200     200     200     401
`;

const [, ...lines] = EXPECTED.split("\n").filter((line) => line.trim() !== "");
const rows = lines.map((line) => {
  const [method = "", path = "", ...statuses] = line.trim().split(/\s+/);
  return { key: `${method} ${path}`, statuses: statuses.map(Number) };
});
const endpoints = new Map(
  Object.values(TABLE).flatMap((group) =>
    Object.values<Endpoint<Service, never>>(group.endpoints).map((endpoint) => [
      `${endpoint.method} ${endpoint.path}`,
      endpoint,
    ]),
  ),
);

let scenario: ApiScenario;
beforeAll(async () => {
  scenario = await startApiScenario();
});
afterAll(() => scenario.close());

it("speaks of every endpoint of the table, and of every caller [API-1]", () => {
  expect(rows.map(({ key }) => key)).toEqual([...endpoints.keys()]);
  expect(rows.filter(({ statuses }) => statuses.length !== CALLER_NAMES.length)).toEqual([]);
});

describe("who may call [API-1]", () => {
  it.each(rows)("$key", async ({ key, statuses }) => {
    const endpoint = endpoints.get(key);
    const actual: number[] = [];
    const denied: string[] = [];
    for (const caller of CALLER_NAMES) {
      const { status, headers } = await scenario.sendExample(endpoint!, caller);
      actual.push(status);
      denied.push(...(status === 403 ? [String(headers["x-correlation-id"])] : []));
    }
    expect(table(actual)).toEqual(table(statuses));
    // Looking elsewhere is a denial that is itself an event, and the only one of its request.
    const recorded = await scenario.recorded(...denied);
    expect(recorded.map(({ gateway_request_id: id }) => id).toSorted()).toEqual(denied.toSorted());
    expect(recorded.filter(({ decision, outcome }) => decision !== "deny" || outcome !== "denied")).toEqual(
      [],
    );
  });
});

describe("who may not call is told so, on record, whatever it sends [API-1] [GTW-1]", () => {
  const barred = rows.filter(({ statuses }) => statuses[CALLER_NAMES.indexOf("metrics")] === 403);
  it.each(barred)("$key", async ({ key }) => {
    const endpoint = endpoints.get(key);
    // Another principal for each: of one that asks again within a minute there is only a number.
    const caller = { sub: `curious about ${key}`, roles: ["metrics"] };
    const invalid = { query: { no_such_parameter: "1" } };
    const reads = endpoint?.method === "POST" || endpoint?.method === "PUT";
    const { status, headers } = await scenario.sendExample(endpoint!, caller, {
      ...invalid,
      ...(reads ? { body: '{"reason":' } : {}),
    });
    expect(status).toBe(403);
    expect(await scenario.recorded(String(headers["x-correlation-id"]))).toMatchObject([
      { user_id: caller.sub, decision: "deny", outcome: "denied" },
    ]);
  });
});

it("leaves one event of a denied scraper, and later their number, however often it asks [GTW-1] [AUD-1]", async () => {
  const scraper = { sub: "scraper", roles: ["auditor"] };
  const ids: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const { status, headers } = await scenario.sendExample(endpoints.get("GET /metrics")!, scraper);
    expect(status).toBe(403);
    ids.push(String(headers["x-correlation-id"]));
  }
  const recorded = await scenario.recorded(...ids);
  expect(recorded).toMatchObject([
    {
      event_type: "access_denied",
      user_id: "scraper",
      decision: "deny",
      outcome: "denied",
      gateway_request_id: ids[0],
      metadata: { reason_code: "denied_by_role", operation: "GET /metrics" },
    },
  ]);
});

describe("who may call servers through /mcp, where policy permits everything [GTW-1]", () => {
  it.each([
    ["admin", true],
    ["operator", false],
    ["auditor", false],
    ["user", true],
    ["agent", true],
    ["metrics", false],
    ["gateway", true],
    // Policy alone decides about those whose roles say nothing to the gateway.
    ["no role", true],
  ] as const)("%s: %s", async (caller, permitted) => {
    const { status, json } = await scenario.callTool({ ...CALLERS[caller] });
    expect({ status, json }).toMatchObject(permitted ? PERMITTED : BARRED);
  });

  it.each([
    [["auditor", "developer"], true],
    [["auditor", "user"], true],
    [["metrics", "operator"], false],
    [["Auditor"], true],
  ])("roles %j: %s", async (roles, permitted) => {
    const { json } = await scenario.callTool({ sub: "x", roles });
    expect(json).toMatchObject(permitted ? PERMITTED.json : BARRED.json);
  });

  it("hides what they may not call, and has the denial on record", async () => {
    const { json, headers } = await scenario.callTool({ ...CALLERS.auditor });
    expect(json).toMatchObject(BARRED.json);
    expect(await scenario.recorded(String(headers["x-correlation-id"]))).toMatchObject([
      { event_type: "tool_invoke", user_id: "olga", decision: "deny", outcome: "denied", tool_name: "echo" },
    ]);
  });
});

const PERMITTED = { status: 200, json: { result: {} } };
const BARRED = { status: 200, json: { error: { data: { reason_code: "denied_by_role" } } } };

function table(statuses: readonly number[]): Record<string, number | undefined> {
  return Object.fromEntries(CALLER_NAMES.map((name, at) => [name, statuses[at]]));
}
