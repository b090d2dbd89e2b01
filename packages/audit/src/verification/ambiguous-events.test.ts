import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { exportedLog, inOnePiece, keys, signLog } from "./testing/signed-log.ts";

let log: TestLog;
beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
});
afterAll(() => log.close());

const found = async () => ({
  online: (await verifyOnline({ pool: log.pool, keys })).findings,
  offline: (await verifyExport({ input: inOnePiece(await exportedLog(log.pool)), keys })).findings,
});

it("of an event that was made to be read in two ways before it was signed, a verifier does not say that all is well [AUD-7]", async () => {
  await log.append(3);
  await signLog(log.pool);
  expect(await found()).toEqual({ online: [], offline: [] });
  const [, , , last] = await log.append(4);
  // Readers differ in which of two they take; the column has the one that PostgreSQL takes.
  await log.pool.query(
    `WITH forged AS (
       SELECT seq, convert_to('{"user_id":"mallory",' || substr(convert_from(canonical, 'UTF8'), 2), 'UTF8') AS bytes
       FROM gateway_audit_events WHERE seq >= 5)
     UPDATE gateway_audit_events AS e SET canonical = bytes, leaf_hash = sha256('\\x00'::bytea || bytes)
     FROM forged WHERE e.seq = forged.seq`,
  );
  await signLog(log.pool);
  const finding = {
    kind: "ambiguous",
    seq: 5,
    message: expect.stringContaining("two readers may see two events") as string,
  };
  expect(await found()).toMatchObject({ online: [finding], offline: [finding] });
  // What was altered afterwards is said alone, as it is worse.
  await log.pool.query("UPDATE gateway_audit_events SET reason = 'another' WHERE id = $1", [last!.id]);
  expect((await found()).online).toMatchObject([{ kind: "altered", seq: 6 }]);
});
