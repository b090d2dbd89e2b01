import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

let service: ServiceUnderTest;
let acme: Awaited<ReturnType<ServiceUnderTest["tenant"]>>;
let globex: typeof acme;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {
    METRICS_RETENTION_MIN_DAYS: "7",
    METRICS_RETENTION_EVENT_DAYS: "100",
  });
  acme = await service.tenant("acme");
  globex = await service.tenant("globex");
});
afterAll(() => service.close());

const choose = (key: string, days: unknown) =>
  service.send(key, "PUT", "/v1/tenant/retention", { retention_days: days });
const own = async (key: string) =>
  ((await service.send(key, "GET", "/v1/tenant")).body as { own_retention_days: number | null })
    .own_retention_days;

it("a tenant's administrator chooses fewer days, on record, and no other tenant's change [SVC-1]", async () => {
  expect(await choose(acme.admin, 14)).toMatchObject({
    status: 200,
    body: { id: "acme", own_retention_days: 14 },
  });
  expect([await own(acme.admin), await own(globex.admin)]).toEqual([14, null]);
  expect(await choose(acme.admin, null)).toMatchObject({ status: 200, body: { own_retention_days: null } });
  const records = await queryDatabase<{ tenant: string; told: object }>(
    service.databaseUrl,
    `SELECT tenant_id AS tenant, metadata AS told FROM gateway_audit_events
     WHERE event_type = 'tenant_change' AND metadata->>'operation' = 'choose_retention' ORDER BY seq`,
  );
  expect(records).toMatchObject([
    { tenant: "acme", told: { from: null, to: 14 } },
    { tenant: "acme", told: { from: 14, to: null } },
  ]);
});

it("within the bounds of the platform, and by administrators alone", async () => {
  for (const days of [6, 101, 0, -1, 1.5, "14", 1e300]) {
    expect([days, (await choose(acme.admin, days)).status]).toEqual([days, 400]);
  }
  expect(
    (await service.send(acme.admin, "PUT", "/v1/tenant/retention", { retention_days: 14, tenant: "globex" }))
      .status,
  ).toBe(400);
  expect((await choose(acme.admin, 101)).body).toMatchObject({
    detail: expect.stringContaining("from 7 to 100"),
  });
  expect((await choose(acme.sender, 14)).status).toBe(403);
  expect((await choose(acme.viewer, 14)).status).toBe(403);
  expect((await choose(service.platformKey, 14)).status).toBe(403);
  // The platform keeps less from now on: the tenant's choice ends there.
  await service.send(service.platformKey, "PATCH", "/v1/platform/tenants/globex", { retention_days: 5 });
  expect((await choose(globex.admin, 7)).status).toBe(400);
  expect((await choose(globex.admin, 5)).status).toBe(200);
});
