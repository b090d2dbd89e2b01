import { expect, inject, it, onTestFinished } from "vitest";
import { createMetricsDatabase } from "../testing/database.ts";
import { openDatabase } from "./database.ts";

it("a process that stands still in the middle of a transaction keeps no other from what it locked [SVC-1]", async () => {
  const opened = await createMetricsDatabase(inject("postgresUrl"));
  onTestFinished(() => opened.drop());
  const still = await openDatabase({
    connectionString: opened.url,
    maxConnections: 1,
    statementTimeoutMs: 600_000,
    leaseMs: 300,
    observer: { transactionEnded: () => undefined },
  });
  onTestFinished(() => still.close());
  const lock = "LOCK TABLE metrics.tenants IN EXCLUSIVE MODE";
  const locked = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  const standing = still.asPlatform("tenants", async (tx) => {
    await tx.query(lock);
    locked.resolve();
    await goesOn.promise;
    await tx.query("SELECT 1");
  });
  await locked.promise;
  await opened.database.asPlatform("tenants", (tx) => tx.query(lock));
  goesOn.resolve();
  await expect(standing).rejects.toThrow();
  expect(await still.asPlatform("tenants", async (tx) => (await tx.query("SELECT 1")).rows)).toHaveLength(1);
});
