import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTenantCache } from "../cache/tenant-cache.ts";
import { eventKey } from "../ingest/event-key.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { retentionJob } from "./retention-job.ts";

const signal = new AbortController().signal;
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query(
      "INSERT INTO metrics.tenants (tenant_id, name, retention_days) VALUES ('acme', 'A', 10), ('globex', 'G', 90)",
    ),
  );
});
afterAll(() => opened.drop());

it("what was read of a tenant before its events are deleted is not given out after it, and others keep theirs [SVC-1]", async () => {
  const { database } = opened;
  for (const tenant of ["acme", "globex"]) {
    await database.asTenant("ingest", tenant, (tx) =>
      insertEvents(tx, tenant, [
        {
          kind: "activity",
          key: eventKey("old"),
          user: "alice",
          type: "login",
          occurredAt: Date.now() - 20 * 86_400_000,
          attributes: null,
        },
      ]),
    );
  }
  const cache = createTenantCache({
    ttlMs: 3_600_000,
    shared: null,
    observer: {
      hit: () => undefined,
      missed: () => undefined,
      invalidated: () => undefined,
      sharedFailed: () => undefined,
    },
  });
  const count = (tenant: string) =>
    cache.get(tenant, "current", async () => {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<{ n: number }>("SELECT count(*)::int AS n FROM metrics.activity_events"),
      );
      return rows[0]?.n ?? NaN;
    });
  expect([await count("acme"), await count("globex")]).toEqual([1, 1]);
  const forgotten: string[] = [];
  const job = retentionJob(
    { eventDays: 400, rollupDays: 1_100, notice: 0 },
    {
      database,
      telemetry: { retention: { deleted: () => undefined, purged: () => undefined } },
      deleted(tenant) {
        forgotten.push(tenant);
        cache.invalidate(tenant);
      },
    },
  );
  expect((await job.tenants?.())?.toSorted()).toEqual(["acme", "globex"]);
  // The first run announces, and takes nothing from what is remembered.
  await job.run({ tenant: "acme", signal });
  expect([forgotten, await count("acme")]).toEqual([[], 1]);
  for (const tenant of ["acme", "globex"]) {
    await job.run({ tenant, signal });
    await job.run({ tenant, signal });
  }
  expect(forgotten).toEqual(["acme"]);
  expect([await count("acme"), await count("globex")]).toEqual([0, 1]);
});
