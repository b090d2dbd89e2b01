import { startSplunkHec } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { createAuditLog } from "../store/audit-log.ts";
import { prepareAuditDatabase } from "../store/testing/prepare-audit-database.ts";
import { callIntent, readLog } from "../store/testing/records.ts";
import { startLaggingStandby } from "../store/testing/start-lagging-standby.ts";
import { startDelivery } from "./start-delivery.ts";
import { splunkDestination } from "./testing/engine.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const WAIT = { timeout: 50_000, interval: 20 };

it("delivers each event of a database that was set back, also those with numbers that had been delivered [SIEM-5]", async () => {
  const database = await startLaggingStandby(prepareAuditDatabase);
  onTestFinished(() => database.stop());
  const hec = await startSplunkHec({ token: TOKEN });
  onTestFinished(() => hec.close());
  const log = createAuditLog({ connectionString: database.url, writeTimeoutMs: 60_000 });
  onTestFinished(() => log.close());
  const delivery = startDelivery({
    connectionString: database.url,
    destinations: [splunkDestination(hec, TOKEN)],
    replica: "replica",
    pollMs: 10,
    electionMs: 20,
  });
  onTestFinished(() => delivery.close(0));
  await delivery.registered;
  const record = async (count: number): Promise<string[]> => {
    const kept = await Promise.all(Array.from({ length: count }, () => log.record(callIntent())));
    return kept.map(({ id }) => id);
  };
  const arrived = () => hec.indexed().map(({ fields }) => String(fields["audit_id"]));
  const before = await record(5);
  await vi.waitFor(() => expect(arrived()).toEqual(before), WAIT);
  await database.part();
  const lost = await record(20);
  await vi.waitFor(() => expect(arrived()).toEqual(expect.arrayContaining(lost)), WAIT);
  await database.takeOver();
  await database.promote();
  const after = await vi.waitFor(() => record(30), WAIT);
  await vi.waitFor(() => expect(arrived()).toEqual(expect.arrayContaining(after)), WAIT);
  // What the database has, the receiver has; what the database has lost, the receiver still has.
  const { ids } = await readLog(database.url);
  expect(ids).toEqual([...before, ...after]);
  expect(new Set(arrived())).toEqual(new Set([...before, ...lost, ...after]));
});
