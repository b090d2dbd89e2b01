import { expect, it } from "vitest";
import { AuditError } from "../../errors.ts";
import { acceptRecord } from "../../events/accept-record.ts";
import type { Connection } from "../../postgres/connection.ts";
import { callIntent } from "../testing/records.ts";
import { writeBatch } from "./write-batch.ts";

it("gives the database's own reason when the last attempt had no time left [AUD-4]", async () => {
  const refusal = new AuditError("store_unavailable", "read only");
  const failures = [refusal, new AuditError("store_timeout", "no time left")];
  const fail = (): Promise<never> => {
    // Past the deadline: the next failure is the last.
    const until = performance.now() + 15;
    while (performance.now() < until) {}
    return Promise.reject(failures.shift() ?? new Error("one attempt too many"));
  };
  const connection: Connection = { use: fail, transaction: fail, close: () => Promise.resolve() };
  await expect(writeBatch(connection, [acceptRecord(callIntent())], { deadlineMs: 40 })).rejects.toBe(
    refusal,
  );
});
