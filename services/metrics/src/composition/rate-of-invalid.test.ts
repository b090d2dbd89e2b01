import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

const BATCH = 10;

let service: ServiceUnderTest;
let sender: string;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {
    METRICS_INGEST_MAX_BATCH: String(BATCH),
    METRICS_INGEST_BURST: String(BATCH),
    METRICS_INGEST_EVENTS_PER_SECOND: "1",
  });
  ({ sender } = await service.tenant("acme"));
});
afterAll(() => service.close());

it("a tenant that sends nothing that is valid is held to its rate all the same [SVC-1]", async () => {
  const items = Array.from({ length: BATCH }, () => ({ kind: "activity" }));
  const statuses: number[] = [];
  for (let sent = 0; sent < 3; sent += 1) {
    statuses.push((await service.send(sender, "POST", "/v1/batches", { items })).status);
  }
  expect(statuses[0]).toBe(200);
  expect(statuses).toContain(429);
});

it("a tenant that asks for one response by its key again and again is held to its rate by the events that it tells of [SVC-1]", async () => {
  const { sender: repeating } = await service.tenant("globex");
  const items = Array.from({ length: BATCH / 2 }, () => ({ kind: "activity" }));
  const statuses: number[] = [];
  for (let sent = 0; sent < 4; sent += 1) {
    const { status } = await fetch(`${service.url}/v1/batches`, {
      method: "POST",
      headers: { "x-api-key": repeating, "content-type": "application/json", "idempotency-key": "again" },
      body: JSON.stringify({ items }),
    });
    statuses.push(status);
  }
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  expect(statuses).toContain(429);
});
