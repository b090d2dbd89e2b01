import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { createAuditLog } from "../store/audit-log.ts";
import { createAuditReader } from "../store/query/reader.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { keys, recordSigner, signLog } from "./testing/signed-log.ts";

let log: TestLog;
let ids: string[];

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
  const store = createAuditLog({ connectionString: log.url, recordSigner });
  ids = [];
  for (const policy of ["digest", "full", "digest"] as const) {
    const record = { event_type: "tool_invoke", user_id: policy, decision: "allow" as const, reason: "" };
    const payloads = { policy, arguments: { a: policy }, result: policy };
    const { id } = await store.record(
      { ...record, timestamp: Date.now() / 1_000, gateway_request_id: "r" },
      { payloads },
    );
    ids.push(id);
  }
  await signLog(log.pool);
  await store.close();
});
afterAll(() => log.close());

const verify = () => verifyOnline({ pool: log.pool, keys });

it("proves the salt of what was kept as a digest only, for who has the payload to show [AUD-7]", async () => {
  expect(await verify()).toMatchObject({ ok: true, events: 3 });
});

it.each([
  ["another salt", "salt = sha256('x')", 0, "payload_altered"],
  ["no salt", "salt = NULL", 0, "payload_missing"],
  ["a salt and a body", "body = 'x'", 0, "payload_altered"],
  [
    "the salt of another payload",
    "salt = (SELECT salt FROM kept WHERE event_id <> p.event_id AND policy = 'digest' LIMIT 1)",
    0,
    "payload_altered",
  ],
  ["another policy, as of a body that is missing", "policy = 'full'", 0, "payload_altered"],
  [
    "the first byte of its body at the end of its salt",
    "salt = salt || substring(body FOR 1), body = substring(body FROM 2)",
    1,
    "payload_altered",
  ],
  ["no body", "body = NULL", 1, "payload_missing"],
  ["no body, as if only its digest had been kept", "body = NULL, policy = 'digest'", 1, "payload_altered"],
  [
    "the body of its neighbour",
    "body = (SELECT body FROM kept WHERE event_id = p.event_id AND kind <> p.kind)",
    1,
    "payload_altered",
  ],
  [
    "the other's kind",
    "kind = CASE kind WHEN 'result' THEN 'arguments' ELSE 'result' END",
    1,
    "payload_altered",
  ],
  ["the place of another event's", "event_id = $2", 1, "payload_missing"],
])("names a payload that was given %s [AUD-7]", async (_what, change, at, kind) => {
  await log.query("CREATE TABLE kept AS SELECT * FROM gateway_audit_payloads");
  try {
    // As who owns the database does: nothing of it stands in the way.
    await log.query(
      "ALTER TABLE gateway_audit_payloads DROP CONSTRAINT IF EXISTS gateway_audit_payloads_pkey",
    );
    const which = change.startsWith("kind") ? "" : "AND kind = 'result'";
    await log.query(
      `UPDATE gateway_audit_payloads AS p SET ${change} WHERE event_id = $1 AND $2::uuid IS NOT NULL ${which}`,
      [ids[at], ids[2]],
    );
    expect((await verify()).findings[0]).toMatchObject({ kind, seq: at, id: ids[at] });
  } finally {
    await log.query("TRUNCATE gateway_audit_payloads");
    await log.query("INSERT INTO gateway_audit_payloads SELECT * FROM kept");
    await log.query("DROP TABLE kept");
  }
  expect(await verify()).toMatchObject({ ok: true });
});

it("names, and does not show, what was put beside a payload under another time [AUD-7]", async () => {
  await log.query(
    `INSERT INTO gateway_audit_payloads SELECT event_id, kind, "timestamp" - interval '1 second', policy, salt, 'forged'
     FROM gateway_audit_payloads WHERE event_id = $1 AND kind = 'result'`,
    [ids[1]],
  );
  expect((await verify()).findings).toMatchObject([{ kind: "payload_altered", seq: 1, id: ids[1] }]);
  const reader = createAuditReader({ connectionString: log.url });
  const shown = await reader.payloads(ids[1] ?? "");
  await reader.close();
  expect(shown.map(({ kind, body }) => [kind, body])).toEqual([
    ["arguments", '{"a":"full"}'],
    ["result", '"full"'],
  ]);
});
