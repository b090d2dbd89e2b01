import { expect, it, onTestFinished } from "vitest";
import { acceptRecord } from "../../events/accept-record.ts";
import { createConnection, PLANNED_ONCE } from "../../postgres/connection.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";
import { callIntent } from "../testing/records.ts";
import { findStored, insertBatch } from "./insert-batch.ts";

it("is planned once for all batches, and not for what looks for them [AUD-4]", async () => {
  const { url, drop } = await createAuditDatabase();
  onTestFinished(drop);
  const writer = createConnection({ connectionString: url, timeoutMs: 60_000, session: PLANNED_ONCE });
  const batches = [1, 2, 1].map((size) => Array.from({ length: size }, () => acceptRecord(callIntent())));
  for (const batch of batches) {
    await writer.use((client) => insertBatch(client, batch));
  }
  const plans = await writer.use((client) =>
    client.query("SELECT generic_plans::int, custom_plans::int FROM pg_prepared_statements"),
  );
  expect(plans.rows).toEqual([{ generic_plans: 3, custom_plans: 0 }]);
  const { stored, mode } = await writer.transaction(async (client) => ({
    stored: await findStored(client, batches.flat()),
    mode: (await client.query("SHOW plan_cache_mode")).rows,
  }));
  expect(new Set(stored.values())).toEqual(new Set([0n, 1n, 2n, 3n]));
  expect(mode).toEqual([{ plan_cache_mode: "auto" }]);
  await writer.close();
});
