import { startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

let postgres: TemporaryPostgres;
let service: ServiceUnderTest;
let sender: string;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  service = await startService(postgres.url);
  ({ sender } = await service.tenant("acme"));
});
afterAll(async () => {
  await service.close();
  await postgres.stop();
});

/** As Prometheus has it: a scrape that is refused, or has no figures, is a failure. */
async function scrape(): Promise<string> {
  const { status, body } = await service.send(service.platformKey, "GET", "/metrics");
  expect(status).toBe(200);
  return body as string;
}

/** Transactions that ended so, by a scrape. */
function transactions(exposition: string, queryType: string, result: string): number {
  return exposition
    .split("\n")
    .filter((line) => line.startsWith("metrics_database_transactions_total{"))
    .filter((line) => line.includes(`query_type="${queryType}"`) && line.includes(`result="${result}"`))
    .reduce((sum, line) => sum + Number(line.split(" ").at(1)), 0);
}

const sendEvent = (id: string) =>
  service.send(sender, "POST", "/v1/activity", { id, user_id: "alice", type: "login" });

it("is scraped while its database is away, says that transactions fail, and comes back [SVC-2] [SVC-3] [ALR-5]", async () => {
  expect(await sendEvent("before")).toMatchObject({ status: 201 });
  const before = await scrape();
  await postgres.kill();

  // The watcher's own key is looked up in vain, and each scrape is let in all the same.
  const away = await vi.waitFor(async () => {
    expect((await sendEvent("while-away")).status).toBe(503);
    const exposition = await scrape();
    expect(transactions(exposition, "authenticate", "failed")).toBeGreaterThan(
      transactions(before, "authenticate", "failed") + 1,
    );
    return exposition;
  });
  expect(away).toContain("metrics_database_pool_connections");
  // No other than who watches: what a platform's key may do else needs the database.
  expect(await service.send(service.platformKey, "GET", "/v1/platform/tenants")).toMatchObject({
    status: 503,
  });
  expect(await service.send(service.platformKey, "GET", "/health/detailed")).toMatchObject({ status: 503 });

  await postgres.restart();
  await vi.waitFor(async () => expect(await sendEvent("while-away")).toMatchObject({ status: 201 }));
  await vi.waitFor(async () =>
    expect(await service.send(null, "GET", "/health/ready")).toMatchObject({ status: 200 }),
  );
  const back = await scrape();
  expect(transactions(back, "ingest", "ok")).toBeGreaterThan(transactions(away, "ingest", "ok"));
});
