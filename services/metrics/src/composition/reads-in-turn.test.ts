import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { startService } from "../testing/service.ts";
import { lockTable } from "../testing/lock-table.ts";

const CONNECTIONS = 4;
let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {}, undefined, {
    database: { maxConnections: CONNECTIONS, timeout: "10m" },
  });
});
afterAll(() => service.close());

it("a tenant whose reads take long, and that asks for many, keeps no connection from what others ask for [SVC-1]", async () => {
  const [noisy, quiet] = [await service.tenant("noisy"), await service.tenant("quiet")];
  // Reads of activity take until this ends.
  const unlock = await lockTable(service.databaseUrl, "metrics.activity_events");
  const asked = Array.from({ length: 4 * CONNECTIONS }, () =>
    service.send(noisy.viewer, "GET", "/v1/kpis/top-users"),
  );
  await vi.waitFor(async () => {
    const [row] = await queryDatabase<{ held: number }>(
      service.databaseUrl,
      `SELECT count(*)::int AS held FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%activity%'`,
    );
    expect(row?.held).toBeGreaterThan(0);
  });
  const score = { id: "s-1", user_id: "alice", score: 80, user_role: "engineer" };
  expect(await service.send(quiet.sender, "POST", "/v1/scores", score)).toMatchObject({ status: 201 });
  expect(await service.send(quiet.viewer, "GET", "/v1/kpis/scores")).toMatchObject({ status: 200 });
  expect(await service.send(quiet.admin, "GET", "/v1/api-keys")).toMatchObject({ status: 200 });
  await unlock();
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
});
