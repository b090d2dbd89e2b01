import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { newEventId } from "../events/event-id.ts";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { signRecord } from "../signed-records/record-signature.ts";
import { createAuditLog } from "../store/audit-log.ts";
import { insertBatch } from "../store/writing/insert-batch.ts";
import { EMPTY_ROOT } from "../transparency-log/tree/hashing.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { keys, recordSigner, retainLog, signLog } from "./testing/signed-log.ts";

let log: TestLog;
let ids: string[];

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
  const store = createAuditLog({ connectionString: log.url, payloads: { policy: "full" }, recordSigner });
  ids = [];
  for (let call = 0; call < 3; call += 1) {
    const { id } = await store.record(
      {
        event_type: "tool_invoke",
        user_id: `user-${call}`,
        decision: "allow",
        reason: "permitted",
        timestamp: Date.now() / 1_000,
        gateway_request_id: `request-${call}`,
      },
      { payloads: { arguments: { path: `/tmp/${call}` }, result: { text: "hello" } } },
    );
    ids.push(id);
  }
  await signLog(log.pool);

  expect(await verify()).toMatchObject({ ok: true, events: 3 });
  await store.erasePayloads({ user_id: "user-1" }, "asked to");
  await store.close();
});
afterAll(() => log.close());

const verify = () => verifyOnline({ pool: log.pool, keys });

it("does not miss what was erased [AUD-7]", async () => {
  expect(await verify()).toMatchObject({ ok: true, events: 3, uncovered: 1 });
});

it("reads no more records of erasures than its memory may hold, and counts no forged ones [AUD-7]", async () => {
  await expect(verifyOnline({ pool: log.pool, keys, maxRecords: 0 })).rejects.toMatchObject({
    code: "too_many_records",
  });
  const forged = `UPDATE gateway_audit_events SET event_type = 'payload_erasure' WHERE id = $1`;
  const id = ids[0] as string;
  await log.query(forged, [id]);
  expect(await verifyOnline({ pool: log.pool, keys, maxRecords: 1 })).toMatchObject({ ok: false });
  await log.query(forged.replace("payload_erasure", "tool_invoke"), [id]);
  expect(await verifyOnline({ pool: log.pool, keys, maxRecords: 1 })).toMatchObject({ ok: true });
});

it("reports what is missing without a record of its own [AUD-7]", async () => {
  const [row] = await log.query(
    "SELECT erased_by FROM gateway_audit_payloads WHERE erased_by IS NOT NULL LIMIT 1",
  );
  const erased = "salt = NULL, body = NULL, erased_at = now(), erased_by =";
  for (const [change, values] of [
    [`DELETE FROM gateway_audit_payloads WHERE event_id = $1 AND kind = 'result'`, []],
    [`UPDATE gateway_audit_payloads SET ${erased} gen_random_uuid() WHERE event_id = $1`, []],
    // An erasure of another user's.
    [`UPDATE gateway_audit_payloads SET ${erased} $2 WHERE event_id = $1`, [row?.["erased_by"]]],
    [`UPDATE gateway_audit_payloads SET salt = NULL, body = NULL WHERE event_id = $1`, []],
    // As if only the digest had been kept.
    [`UPDATE gateway_audit_payloads SET body = NULL WHERE event_id = $1`, []],
  ] as const) {
    await log.query("CREATE TABLE kept AS SELECT * FROM gateway_audit_payloads");
    await log.query(change, [ids[2], ...values]);
    expect((await verify()).findings).toMatchObject([{ kind: "payload_missing", seq: 2, id: ids[2] }]);
    await log.query("TRUNCATE gateway_audit_payloads");
    expect((await verify()).findings).toMatchObject([{ kind: "payload_missing", seq: 0 }]);
    await log.query("INSERT INTO gateway_audit_payloads SELECT * FROM kept");
    await log.query("DROP TABLE kept");
    expect(await verify()).toMatchObject({ ok: true });
  }
});

/** Makes a change, looks at what it does, and takes it back. */
async function whileChanged(
  change: string,
  values: readonly unknown[],
  look: () => Promise<void>,
): Promise<void> {
  await log.query("CREATE TABLE kept AS SELECT * FROM gateway_audit_payloads");
  await log.query(change, values);
  await look();
  await log.query("TRUNCATE gateway_audit_payloads");
  await log.query("INSERT INTO gateway_audit_payloads SELECT * FROM kept");
  await log.query("DROP TABLE kept");
}

it("names what was put there without being logged, or passed off as kept by another policy [AUD-7]", async () => {
  const [erasure] = await log.query(
    "SELECT id FROM gateway_audit_events WHERE event_type = 'payload_erasure'",
  );
  for (const [change, seq, id] of [
    [
      "UPDATE gateway_audit_payloads SET policy = 'redacted' WHERE event_id = $1 AND kind = 'result'",
      2,
      ids[2],
    ],
    [
      "UPDATE gateway_audit_payloads SET policy = 'digest' WHERE event_id = $1 AND kind = 'result'",
      2,
      ids[2],
    ],
    [
      `INSERT INTO gateway_audit_payloads SELECT id, 'result', "timestamp", 'full', 'salt', 'forged'
       FROM gateway_audit_events WHERE id = $1`,
      3,
      erasure?.["id"],
    ],
  ] as const) {
    await whileChanged(change, [id], async () => {
      expect((await verify()).findings).toMatchObject([{ kind: "payload_altered", seq, id }]);
    });
  }
  expect(await verify()).toMatchObject({ ok: true });
});

const LAST = { last_seq: 3 };
it.each([
  { ...LAST, subject: { user_id: "user-2", before: "+010000-01-01T00:00:00.000Z" } },
  { ...LAST, subject: { user_id: "user-2", tenants: ["acme"] } },
  { ...LAST, subject: "user-2" },
  { ...LAST, subject: {} },
  // Made before the event was recorded, or of nothing at all.
  { subject: { user_id: "user-2" }, last_seq: 1 },
  { subject: { user_id: "user-2" }, last_seq: null },
])("takes a signed erasure of %j for no reason why something is missing [AUD-7]", async (metadata) => {
  const forged = signRecord(
    {
      event_type: "payload_erasure",
      decision: "allow",
      reason: "",
      timestamp: 1,
      gateway_request_id: "r",
      metadata,
    },
    { id: newEventId(), now: Date.now() },
    { ...recordSigner, tree: { size: 0, root: EMPTY_ROOT } },
  );
  const client = await log.pool.connect();
  await insertBatch(client, [forged]).finally(() => client.release());
  const missing = [{ kind: "payload_missing", seq: 2, id: ids[2] }];
  const erase = `UPDATE gateway_audit_payloads SET salt = NULL, body = NULL, erased_at = now(), erased_by = $2
    WHERE event_id = $1`;
  await whileChanged(erase, [ids[2], forged.id], async () => {
    expect((await verify()).findings).toMatchObject(missing);
  });
  await whileChanged("DELETE FROM gateway_audit_payloads WHERE event_id = $1", [ids[2]], async () => {
    expect((await verify()).findings).toMatchObject(missing);
  });
});

it("does not miss what retention dropped [AUD-7] [AUD-3]", async () => {
  const store = createAuditLog({ connectionString: log.url, payloads: { policy: "full" }, recordSigner });
  await store.record(
    {
      event_type: "tool_invoke",
      decision: "allow",
      reason: "",
      timestamp: Date.now() / 1_000 - 40 * 86_400 + 0.000_7,
      gateway_request_id: "old",
    },
    { payloads: { arguments: { old: true } } },
  );
  await store.close();
  await retainLog(log.pool, { days: 400, payloadDays: 30, signer: recordSigner });
  const rows = await log.query(
    "SELECT FROM gateway_audit_payloads JOIN gateway_audit_events ON id = event_id WHERE gateway_request_id = 'old'",
  );
  expect(rows).toEqual([]);
  expect(await verify()).toMatchObject({ ok: true });
});

it("takes an unsigned erasure for none, and makes none without the key [AUD-7]", async () => {
  const keyless = createAuditLog({ connectionString: log.url });
  await expect(keyless.erasePayloads({ user_id: "user-2" }, "asked to")).rejects.toMatchObject({
    code: "needs_log_key",
  });
  await keyless.close();
  const [forged] = await log.append(1, {
    event_type: "payload_erasure",
    decision: "allow",
    metadata: { subject: { user_id: "user-2" }, last_seq: 3 },
  });
  const erase =
    "UPDATE gateway_audit_payloads SET salt = NULL, body = NULL, erased_at = now(), erased_by = $2 WHERE event_id = $1";
  await whileChanged(erase, [ids[2], forged?.id], async () => {
    expect((await verify()).findings.map(({ kind, id }) => [kind, id])).toEqual([
      ["payload_missing", ids[2]],
      ["forged_record", forged?.id],
    ]);
  });
  await log.query("DELETE FROM gateway_audit_events WHERE id = $1", [forged?.id]);
  await log.query("UPDATE gateway_audit_head SET next_seq = next_seq - 1");
});

it("names the first kept argument or result that is not the one whose digest was logged [AUD-7]", async () => {
  for (const [change, kind, call] of [
    [`body = convert_to('{"path":"/tmp/9"}', 'UTF8')`, "result", 2],
    ["salt = sha256('x')", "arguments", 0],
  ] as const) {
    await log.query(`UPDATE gateway_audit_payloads SET ${change} WHERE event_id = $1 AND kind = $2`, [
      ids[call],
      kind,
    ]);
    const { findings } = await verify();
    expect(findings).toMatchObject([{ kind: "payload_altered", seq: call, id: ids[call] }]);
    expect(findings[0]?.message).toContain(kind);
  }
});

it("names an event whose time was put beyond all times [AUD-7]", async () => {
  for (const time of ["infinity", "-infinity", "4713-01-01 00:00:00 BC", "294276-12-31T00:00:00Z"]) {
    await log.query(`UPDATE gateway_audit_events SET "timestamp" = '${time}' WHERE seq = 0`);
    const { findings } = await verify();
    expect(findings).toContainEqual(expect.objectContaining({ kind: "altered", seq: 0, id: ids[0] }));
  }
});

it("misses no payload of the events behind one that was altered [AUD-7]", async () => {
  const other = await createTestLog(inject("postgresUrl"));
  const store = createAuditLog({ connectionString: other.url, payloads: { policy: "full" }, recordSigner });
  for (let call = 0; call < 3; call += 1) {
    await store.record(
      {
        event_type: "tool_invoke",
        user_id: "alice",
        decision: "allow",
        reason: "permitted",
        timestamp: Date.now() / 1_000,
        gateway_request_id: `request-${call}`,
      },
      { payloads: { arguments: { call } } },
    );
    await signLog(other.pool);
  }
  const alter = (seq: number, user: string) =>
    other.query(`UPDATE gateway_audit_events SET user_id = '${user}' WHERE seq = ${seq}`);
  for (const seq of [0, 1]) {
    await alter(seq, "mallory");
    expect((await verifyOnline({ pool: other.pool, keys })).findings).toMatchObject([
      { kind: "altered", seq },
    ]);
    await alter(seq, "alice");
  }
  // What is really missing behind it is still reported.
  await alter(0, "mallory");
  await other.query(
    "DELETE FROM gateway_audit_payloads WHERE event_id = (SELECT id FROM gateway_audit_events WHERE seq = 2)",
  );
  expect((await verifyOnline({ pool: other.pool, keys })).findings).toMatchObject([
    { kind: "altered", seq: 0 },
    { kind: "payload_missing", seq: 2 },
  ]);
  await store.close();
  await other.close();
});
