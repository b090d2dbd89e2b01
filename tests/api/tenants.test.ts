import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TABLE } from "@sark/gateway";
import type { Endpoint, Service } from "@sark/http-api";
import { startApiScenario, type ApiScenario } from "../support/api-scenario.ts";

const TENANT = "tenant-of-the-events";
const ADMINS = [
  { sub: "gus", roles: ["admin"], tenant: "another-tenant" },
  { sub: "ada", roles: ["admin"], tenant: TENANT },
  { sub: "root", roles: ["admin"] },
] as const;

/**
 * What an admin gets at every endpoint, where all events are of one tenant, and the example asks for them: one of another
 * tenant, of that one, and of none. Behind it: `event`, where the first is denied.
 * Written by hand, so that adding an endpoint takes saying what it tells of other tenants.
 */
const EXPECTED = `
                                                           another own  none  denied
POST   /api/v1/gateway/authorize                           200     200  200
POST   /api/v1/gateway/authorize-a2a                       200     200  200
GET    /api/v1/gateway/servers                             200     200  200
GET    /api/v1/gateway/tools                               200     200  200
POST   /api/v1/gateway/audit                               201     201  201

GET    /api/v1/audit/events                                200     200  200
GET    /api/v1/audit/summary                               200     200  200
GET    /api/v1/audit/events/{id}                           404     200  200   event
GET    /api/v1/audit/events/{id}/trail                     404     200  200   event
GET    /api/v1/audit/requests/{id}/trail                   404     200  200   event
GET    /api/v1/audit/orphans                               200     200  200
GET    /api/v1/audit/export                                200     200  200
GET    /api/v1/audit/checkpoint                            200     200  200
GET    /api/v1/audit/tile/{path*}                          200     200  200
GET    /api/v1/audit/consistency                           200     200  200
GET    /api/v1/audit/proof/{id}                            404     200  200   event
GET    /api/v1/audit/receipt/{id}                          404     200  200   event
POST   /api/v1/audit/erasures                              403     403  201   event

GET    /api/v1/siem/destinations                           403     403  200   event
GET    /api/v1/siem/destinations/{name}                    403     403  200   event
DELETE /api/v1/siem/destinations/{name}                    403     403  204   event
POST   /api/v1/siem/destinations/{name}/pause              403     403  200   event
POST   /api/v1/siem/destinations/{name}/resume             403     403  200   event
POST   /api/v1/siem/destinations/{name}/flush              403     403  200   event
POST   /api/v1/siem/destinations/flush                     403     403  200   event
GET    /api/v1/siem/destinations/{name}/quarantine         200     200  200
POST   /api/v1/siem/destinations/{name}/quarantine/replay  404     202  202
POST   /api/v1/siem/destinations/{name}/quarantine/discard 404     200  404

GET    /admin/v1/rate-limits                               200     200  200
POST   /admin/v1/rate-limits/reset                         200     200  200
GET    /admin/v1/sessions                                  200     200  200
GET    /admin/v1/sessions/{fingerprint}                    404     200  200   event
POST   /admin/v1/sessions/{fingerprint}/end                404     200  200   event
GET    /admin/v1/status                                    403     403  200   event
GET    /admin/v1/quotas                                    200     200  200
POST   /admin/v1/quotas/reset                              200     200  200
POST   /admin/v1/quotas/adjust                             200     200  200
GET    /admin/v1/drain                                     403     403  200   event
POST   /admin/v1/drain                                     403     403  202   event
POST   /admin/v1/undrain                                   403     403  200   event
GET    /admin/v1/policies                                  403     403  200   event
POST   /admin/v1/policies/validate                         200     200  200
POST   /admin/v1/policies/test                             200     200  200
POST   /admin/v1/policies/replay                           200     200  200
GET    /admin/v1/tools/stats                               200     200  200
GET    /admin/v1/upstreams                                 403     403  200   event
GET    /admin/v1/log-level                                 200     200  200
PUT    /admin/v1/log-level                                 403     403  200   event
GET    /admin/v1/profile                                   403     403  200   event

GET    /.well-known/oauth-protected-resource               200     200  200
GET    /.well-known/oauth-protected-resource/{path*}       200     200  200

GET    /health                                             200     200  200
GET    /livez                                              200     200  200
GET    /health/ready                                       200     200  200
GET    /readyz                                             200     200  200
GET    /health/detailed                                    403     403  200   event
GET    /metrics                                            403     403  200   event

GET    /openapi.json                                       200     200  200
`;

const [, ...lines] = EXPECTED.split("\n").filter((line) => line.trim() !== "");
const rows = lines.map((line) => {
  const [method = "", path = "", another = "", own = "", none = "", denied] = line.trim().split(/\s+/);
  return { key: `${method} ${path}`, expected: [another, own, none].map(Number), denied };
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
  scenario = await startApiScenario(TENANT);
});
afterAll(() => scenario.close());

it("speaks of every endpoint of the table [GTW-1]", () => {
  expect(rows.map(({ key }) => key)).toEqual([...endpoints.keys()]);
});

describe("who is bound to a tenant learns nothing of the events of another one [GTW-1]", () => {
  it.each(rows)("$key", async ({ key, expected, denied }) => {
    const actual: number[] = [];
    for (const [at, claims] of ADMINS.entries()) {
      const { status, text, headers } = await scenario.sendExample(endpoints.get(key)!, claims);
      actual.push(status);
      if (at > 0) {
        continue;
      }
      for (const mark of [TENANT, ...scenario.marks]) {
        expect(text).not.toContain(mark);
      }
      const recorded = await scenario.recorded(String(headers["x-correlation-id"]));
      const denials = recorded.filter(({ decision }) => decision === "deny");
      expect(denials).toMatchObject(
        denied === "event" ? [{ outcome: "denied", user_id: "gus", tenant_id: "another-tenant" }] : [],
      );
    }
    expect(actual).toEqual(expected);
  });
});

it("and not by what others did meanwhile, in no form of an export, on no page [GTW-1]", async () => {
  // One that has asked for nothing yet: what it asks for is on record as its own word.
  const another = { sub: "eve", roles: ["auditor"], tenant: "third-tenant" };
  const list = endpoints.get("GET /api/v1/audit/events")!;
  const exported = endpoints.get("GET /api/v1/audit/export")!;
  const own = await scenario.sendExample(list, { ...another, tenant: TENANT }, { query: { limit: 1 } });
  const { next_cursor: cursor } = own.json as { next_cursor: string };
  expect(cursor).toEqual(expect.any(String));
  const responses = [
    // A cursor that the other tenant got, which is good for its question alone, and another one's tenant as a filter.
    await scenario.sendExample(list, another, { query: { cursor, limit: 1_000 } }),
    await scenario.sendExample(list, another, { query: { limit: 1_000, order: "oldest_first" } }),
    await scenario.sendExample(list, another, { query: { tenant: TENANT } }),
    ...(await Promise.all(
      ["jsonl", "csv", "verifiable"].map((format) =>
        scenario.sendExample(exported, another, { query: { format } }),
      ),
    )),
  ];
  expect(responses.map(({ status }) => status)).toEqual([400, 200, 403, 200, 200, 200]);
  for (const { text } of responses) {
    for (const mark of scenario.marks) {
      expect(text).not.toContain(mark);
    }
  }
});
