import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createMetricsDatabase } from "../testing/database.ts";
import { createDeliveries } from "./deliveries.ts";
import { createPublisher } from "./publish.ts";
import { testSeal } from "./testing/parts.ts";
import { createWebhooks } from "./webhooks.ts";

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme')"),
  );
});
afterAll(() => opened.drop());

it("tells of what is due once it is committed, and not of what is taken back, or told to no webhook [SVC-1]", async () => {
  const { database } = opened;
  const due: string[] = [];
  const add = (tenant: string) => void due.push(tenant);
  const publish = createPublisher({ add });
  const event = { type: "quota.near", data: {} } as const;
  await database.asTenant("webhooks", "acme", (tx) => publish(tx, "acme", event));
  expect(due).toEqual([]);
  const made = await createWebhooks(database, { maxPerTenant: 5, seal: testSeal }).create("acme", {
    url: "https://example.com/",
    description: null,
    events: ["quota.near"],
    thresholds: [],
    createdBy: "test",
  });
  const failed = database.asTenant("webhooks", "acme", async (tx) => {
    await publish(tx, "acme", event);
    throw new Error("taken back");
  });
  await expect(failed).rejects.toThrow("taken back");
  expect(due).toEqual([]);
  const id = await database.asTenant("webhooks", "acme", async (tx) => {
    const published = await publish(tx, "acme", event);
    expect(due).toEqual([]);
    return published;
  });
  expect(due).toEqual(["acme"]);
  const deliveries = createDeliveries(database, { publish, due: { add } });
  await deliveries.redeliver("acme", made?.webhook.id ?? "", id ?? "");
  await deliveries.redeliverDead("acme", made?.webhook.id ?? "");
  expect(due).toEqual(["acme", "acme", "acme"]);
});
