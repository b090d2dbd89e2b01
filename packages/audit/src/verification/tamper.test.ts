import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createLogBuilder } from "../log-builder/signing/log-builder.ts";
import { createKeySet, type TrustedKey } from "../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../transparency-log/notes/note-signer.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import { COLUMNS } from "./rows/columns.ts";
import type { Finding } from "./findings/finding.ts";
import type { Verification } from "./findings/verification.ts";
import { sealLog, type SealedLog, type TamperedLog } from "./testing/sealed-log.ts";
import { verifyOnline, type OnlineOptions } from "./online/verify-online.ts";
import { ORIGIN, signer } from "./testing/signed-log.ts";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const thief = createNoteSigner(ORIGIN, namedKey("thief"));
const trust = (limits: Partial<TrustedKey> = {}): TrustedKey => ({
  key: signer.key,
  fromSize: 0,
  untilSize: Number.MAX_SAFE_INTEGER,
  ...limits,
});
const keys = createKeySet([trust()]);

let sealed: SealedLog;
let log: TamperedLog;

beforeAll(async () => {
  // Checkpoints at 300, 301, 700 and 1,500; 20 events wait for the next one.
  sealed = await sealLog(inject("postgresUrl"), signer, [300, 1, 399, 800, -20]);
});
afterAll(() => sealed.drop());
beforeEach(async () => {
  log = await sealed.trial();
});
afterEach(() => log.end());

const verify = (options: Partial<OnlineOptions> = {}): Promise<Verification> =>
  verifyOnline({ pool: log.pool, keys, origin: ORIGIN, ...options });

/** From here on in a database of its own: a builder takes sessions and transactions of its own. */
async function useCopy(): Promise<void> {
  await log.end();
  log = await sealed.copy();
}

/** The one finding that there should be. */
async function onlyFinding(options: Partial<OnlineOptions> = {}): Promise<Finding> {
  const { ok, findings } = await verify(options);
  expect(findings).toHaveLength(1);
  expect(ok).toBe(false);
  return findings[0]!;
}
const idAt = (seq: number): string => sealed.events[seq]!.id;

it("finds nothing in an untouched log, and says what it proved [AUD-7]", async () => {
  const progress: [number, number][] = [];
  const verification = await verify({
    remembered: sealed.notes[1]!,
    progress: (done, total) => progress.push([done, total]),
  });
  expect(verification).toEqual({
    ok: true,
    events: 1_500,
    uncovered: 20,
    purged: 0,
    skipped: 0,
    findings: [],
    result: "as_signed",
    unsignedRecords: 0,
    memory: expect.stringContaining("\nsark-audit-memory/v1\n") as unknown,
    checkpoint: expect.objectContaining({
      origin: ORIGIN,
      size: 1_500,
      signedBy: [signer.key.vkey],
      note: sealed.notes[3],
    }) as unknown,
  });
  expect(progress).toEqual([[1_520, 1_520]]);
});

it("checks every column of the table [AUD-7]", async () => {
  const rows = await log.query(`SELECT attname FROM pg_attribute
    WHERE attrelid = 'gateway_audit_events'::regclass AND attnum > 0 AND NOT attisdropped`);
  const names = new Set(rows.map(({ attname }) => attname));
  expect(new Set(["seq", "canonical", "leaf_hash", ...COLUMNS.map(([name]) => name)])).toEqual(names);
});

describe("one event is altered", () => {
  const changes: Record<string, string> = {
    id: "'019a9b1e-0000-7000-8000-000000000001'",
    event_type: "'discovery'",
    user_id: "NULL",
    agent_id: "'mallory'",
    server_name: "'other'",
    tool_name: "tool_name || ' '",
    decision: "CASE decision WHEN 'allow' THEN 'deny' ELSE 'allow' END",
    reason: "replace(reason, 'reason', 'Reason')",
    timestamp: `"timestamp" + interval '1 microsecond'`,
    gateway_request_id: "'request-1'",
    metadata: "jsonb_set(metadata, '{nested,list,1}', '1.25')",
    created_at: "created_at - interval '1 microsecond'",
    phase: "'intent'",
    outcome: "'timeout'",
    intent_id: "NULL",
    tenant_id: "'Tenant'",
    sensitivity: "'low'",
    duration_ms: "duration_ms + 0.000001",
    trace_id: "upper(trace_id)",
    session_id: "''",
    client_address: "'203.0.113.8'",
    credential: "NULL",
    submitted_by: "NULL",
    policy: "'{}'",
    payloads: "'{}'",
  };

  it("has a case for each column [AUD-7]", () => {
    expect(new Set(Object.keys(changes))).toEqual(new Set(COLUMNS.map(([name]) => name)));
  });

  it.each(Object.entries(changes))("in its column %s [AUD-7]", async (column, value) => {
    await log.query(`UPDATE gateway_audit_events SET "${column}" = ${value} WHERE seq = 444`);
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "altered", seq: 444, columns: [{ column }] });
    expect(finding.columns).toHaveLength(1);
    expect(finding.message).toContain(`Column ${column} says`);
    expect(finding.columns![0]!.stored).not.toEqual(finding.columns![0]!.recorded);
  });

  it("says what the columns say and what was logged [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_events SET user_id = 'alice', decision = 'allow' WHERE seq = 443");
    expect(await onlyFinding()).toEqual({
      kind: "altered",
      seq: 443,
      id: idAt(443),
      message: `Event ${idAt(443)} at seq 443 was altered: Column user_id says "alice", the event's bytes say "user-3". Column decision says "allow", the event's bytes say "deny".`,
      columns: [
        { column: "user_id", stored: "alice", recorded: "user-3" },
        { column: "decision", stored: "allow", recorded: "deny" },
      ],
    });
  });

  const canonical =
    "convert_to(replace(convert_from(canonical, 'UTF8'), '\"user-3\"', '\"user-9\"'), 'UTF8')";
  it.each([
    ["its canonical bytes", `canonical = ${canonical}`],
    ["its canonical bytes, to no JSON", "canonical = 'x'"],
    [
      "its canonical bytes and leaf hash",
      `canonical = ${canonical}, leaf_hash = sha256('\\x00' || ${canonical})`,
    ],
    [
      "its bytes, hash and columns, in agreement",
      `canonical = ${canonical}, leaf_hash = sha256('\\x00' || ${canonical}), user_id = 'user-9'`,
    ],
  ])("in %s [AUD-7]", async (_what, change) => {
    await log.query(`UPDATE gateway_audit_events SET ${change} WHERE seq = 443`);
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "altered", seq: 443 });
    expect(finding.message).toContain("is not the one that was logged");
  });

  it.each([
    ["to another that is the same double", "nested,list,2", "1000000000000000000001"],
    ["beyond what doubles tell apart", "nested,list,1", "1.50000000000000000001"],
    ["by a zero that says nothing", "number", "445.0"],
    ["beyond what doubles hold", "number", "1e400"],
  ])("in a number of its metadata, %s [AUD-7]", async (_what, path, number) => {
    await log.query(
      `UPDATE gateway_audit_events SET metadata = jsonb_set(metadata, '{${path}}', '${number}') WHERE seq = 444`,
    );
    expect(await onlyFinding()).toMatchObject({
      kind: "altered",
      seq: 444,
      columns: [{ column: "metadata" }],
    });
  });

  it.each([
    ["at the top of metadata", "metadata", "{__proto__}", '"evil"'],
    ["at the top of metadata, as an object", "metadata", "{__proto__}", '{"user_id":"mallory"}'],
    ["within metadata", "metadata", "{nested,__proto__}", '{"list":[]}'],
    ["in a list of metadata", "metadata", "{nested,list,0}", '{"__proto__":1}'],
    ["in policy", "policy", "{__proto__}", '{"ids":["other"]}'],
  ])("by a key __proto__ %s [AUD-7]", async (_what, column, path, value) => {
    // The text of the one event needs escaping, that of the other does not: they are compared in two ways.
    for (const seq of [444, 445]) {
      await log.query(
        `UPDATE gateway_audit_events SET ${column} = jsonb_set(${column}, '${path}', '${value}') WHERE seq = ${seq}`,
      );
      expect(await onlyFinding()).toMatchObject({ kind: "altered", seq, columns: [{ column }] });
      await log.query(
        `UPDATE gateway_audit_events SET ${column} = convert_from(canonical, 'UTF8')::jsonb -> '${column}' WHERE seq = ${seq}`,
      );
    }
  });

  it.each([
    ["in its metadata", "metadata = $1::jsonb", "metadata"],
    ["in its bytes", `canonical = convert_to('{"metadata":' || $1 || '}', 'UTF8')`, "id"],
  ])("to what is nested deeper than any stack goes, %s [AUD-7]", async (_what, change, column) => {
    await log.query(`UPDATE gateway_audit_events SET ${change} WHERE seq = 444`, [
      "[".repeat(6_000) + "]".repeat(6_000),
    ]);
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "altered", seq: 444 });
    expect(finding.columns!.map((one) => one.column)).toContain(column);
    expect(JSON.stringify(finding)).toContain("nested too deep to be shown");
  });

  it.each([`{"metadata":{"n":1e999}}`, `{"metadata":{"text":"\\ud800"}}`])(
    "to what no canonical JSON holds: %s [AUD-7]",
    async (bytes) => {
      await log.query("UPDATE gateway_audit_events SET canonical = convert_to($1, 'UTF8') WHERE seq = 444", [
        bytes,
      ]);
      expect(await onlyFinding()).toMatchObject({ kind: "altered", seq: 444 });
    },
  );

  it("so that a column spells out its neighbour, which is then empty [AUD-7]", async () => {
    await log.query(
      `UPDATE gateway_audit_events SET reason = reason || '","sensitivity":"high', sensitivity = NULL WHERE seq = 443`,
    );
    const finding = await onlyFinding();
    expect(finding.seq).toBe(443);
    expect(finding.columns!.map(({ column }) => column)).toEqual(["reason", "sensitivity"]);
  });

  it("so that a column holds the escape in place of what it stands for [AUD-7]", async () => {
    await log.query(
      "UPDATE gateway_audit_events SET reason = replace(reason, E'\\n', '\\n') WHERE seq = 444",
    );
    expect(await onlyFinding()).toMatchObject({ kind: "altered", seq: 444, columns: [{ column: "reason" }] });
  });

  it("in its leaf hash alone [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('x') WHERE seq = 443");
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "altered", seq: 443, id: idAt(443), columns: [] });
    expect(finding.message).toContain("leaf_hash is not the hash of its bytes");
  });

  it("among those that no checkpoint covers yet [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_events SET user_id = 'alice' WHERE seq = 1511");
    expect(await onlyFinding()).toMatchObject({
      kind: "altered",
      seq: 1_511,
      columns: [{ column: "user_id" }],
    });
  });

  it("and the first of several is named [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_events SET user_id = 'alice' WHERE seq IN (1400, 300, 299, 1)");
    expect(await onlyFinding()).toMatchObject({ kind: "altered", seq: 1, id: idAt(1) });
  });

  it("and the tiles along with it, but not above [AUD-7]", async () => {
    await log.query(
      "UPDATE gateway_audit_events SET canonical = '{}', leaf_hash = sha256('\\x007b7d') WHERE seq = 443",
    );
    await log.query(`UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('\\x007b7d') FROM 187 * 32 + 1)
      WHERE level = 0 AND index = 1`);
    // It cannot be told any more whether only that one was altered.
    expect(await onlyFinding()).toMatchObject({ kind: "altered", seq: 301, before: 700 });
  });
});

describe("events are removed, inserted or moved", () => {
  const renumber = (condition: string, by: number): string =>
    `UPDATE gateway_audit_events SET seq = seq + ${by} WHERE ${condition}`;
  const insertCopyOf = (from: number, seq: number): string => `
    INSERT INTO gateway_audit_events
    SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'seq', ${seq}))).*
    FROM gateway_audit_events AS e WHERE seq = ${from}`;

  it("one is deleted [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_events WHERE seq = 443");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 443, id: null });
  });

  it("the first ones are deleted, or a whole piece [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 500 AND 1400");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 500 });
    await log.query("DELETE FROM gateway_audit_events WHERE seq < 10");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 0 });
    await log.query("DELETE FROM gateway_audit_events");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 0 });
  });

  it("one is deleted and the others are moved up [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_events WHERE seq = 443");
    await log.query(renumber("seq > 443", -1));
    await log.query("UPDATE gateway_audit_head SET next_seq = next_seq - 1");
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "missing", seq: 443, id: idAt(444) });
    expect(finding.message).toContain("is missing");
  });

  // 299 is the last event of a checkpoint, 300 the only one between two, 1,510 of none.
  it.each([299, 300, 443, 1_510])(
    "one is inserted at the number %i, which is taken: the same is found, whichever is read first [AUD-7]",
    async (seq) => {
      await log.query(insertCopyOf(seq - 1, seq));
      const stored = `FROM gateway_audit_events WHERE seq = ${seq}`;
      const [inserted] = await log.query(`SELECT id ${stored} AND id <> '${idAt(seq)}'`);
      expect(await onlyFinding()).toMatchObject({ kind: "extra", seq, id: inserted!["id"] });
      await alwaysFinds(await onlyFinding());
      // The tiles are no witness to it any more.
      await log.query(
        "UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 9 * 32 + 1) WHERE level = 0",
      );
      await alwaysFinds((await verify()).findings[0]!);

      /** In both orders: rows of one number are read as they are stored, and one that is written again moves. */
      async function alwaysFinds(finding: Finding): Promise<void> {
        const orders = new Set<unknown>();
        while (orders.size < 2) {
          const [first] = await log.query(`SELECT id ${stored} ORDER BY ctid`);
          orders.add(first!["id"]);
          expect((await verify()).findings[0]).toEqual(finding);
          await log.query("UPDATE gateway_audit_events SET seq = seq WHERE id = $1", [first!["id"]]);
        }
      }
    },
  );

  it("one is inserted and the others are moved on [AUD-7]", async () => {
    await log.query(renumber("seq >= 443", 1));
    await log.query(insertCopyOf(442, 443));
    await log.query("UPDATE gateway_audit_events SET canonical = canonical || ' ' WHERE seq = 443");
    await log.query(
      "UPDATE gateway_audit_events SET leaf_hash = sha256('\\x00' || canonical) WHERE seq = 443",
    );
    await log.query("UPDATE gateway_audit_head SET next_seq = next_seq + 1");
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "extra", seq: 443 });
    expect(finding.message).toContain(`event ${idAt(443)}, which was logged there, moved to seq 444`);
  });

  it("one is inserted before the beginning, or after the end [AUD-7]", async () => {
    await log.query(insertCopyOf(442, 1_520));
    expect(await onlyFinding()).toMatchObject({ kind: "extra", seq: 1_520 });
    await log.query("UPDATE gateway_audit_events SET seq = -1 WHERE seq = 1520");
    expect(await onlyFinding()).toMatchObject({ kind: "extra", seq: -1 });
  });

  it("the head is set back, so that numbers would be given again [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_head SET next_seq = 700");
    expect(await onlyFinding()).toMatchObject({ kind: "rollback", seq: 700 });
    await log.query("UPDATE gateway_audit_head SET next_seq = 1510");
    expect(await onlyFinding()).toMatchObject({ kind: "extra", seq: 1_510, id: idAt(1_510) });
  });

  it("two are swapped [AUD-7]", async () => {
    await log.query("UPDATE gateway_audit_events SET seq = 443 + 1000 - seq WHERE seq IN (443, 1000)");
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "reordered", seq: 443, id: idAt(1_000) });
    expect(finding.message).toContain(`event ${idAt(443)} was logged, which now stands at seq 1000`);
  });

  it("the tail is cut off, with the head set back or not [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_events WHERE seq >= 1510");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 1_510 });
    await log.query("DELETE FROM gateway_audit_events WHERE seq >= 1200");
    await log.query("UPDATE gateway_audit_head SET next_seq = 1200");
    expect(await onlyFinding()).toMatchObject({ kind: "missing", seq: 1_200 });
    await log.query("DELETE FROM gateway_audit_checkpoints WHERE size > 1200");
    await log.query("DELETE FROM gateway_audit_tiles");
    expect((await verify()).findings).toEqual([]);
    // Only what is remembered tells of it then.
    expect(await onlyFinding({ remembered: sealed.notes[3]! })).toMatchObject({
      kind: "rollback",
      seq: 1_200,
    });
  });
});

it("all of it is emptied, as if the log were new: that is no success [AUD-7]", async () => {
  await log.query("TRUNCATE gateway_audit_events, gateway_audit_tiles, gateway_audit_checkpoints");
  await log.query("UPDATE gateway_audit_head SET next_seq = 0");
  expect(await verify()).toMatchObject({ ok: false, result: "nothing_to_verify", events: 0, findings: [] });
  // A verifier who knows that there were events learns that they are missing.
  expect(await onlyFinding({ remembered: sealed.notes[0]! })).toMatchObject({ kind: "rollback", seq: 0 });
  expect(await onlyFinding({ atLeast: 1 })).toMatchObject({ kind: "rollback", seq: 0 });
  await log.query("DELETE FROM gateway_audit_head");
  expect(await verify()).toMatchObject({ ok: false, result: "nothing_to_verify" });
});

it("is shorter than the verifier knows it to have been [AUD-7]", async () => {
  expect(await verify({ atLeast: 1_500 })).toMatchObject({ ok: true });
  expect(await onlyFinding({ atLeast: 1_501 })).toMatchObject({ kind: "rollback", seq: 1_500 });
});

it("reads columns that were given another type, and names what differs [AUD-7]", async () => {
  await log.query(`ALTER TABLE gateway_audit_events ALTER duration_ms TYPE text, ALTER policy TYPE text,
    ALTER seq TYPE integer, ALTER decision TYPE varchar`);
  expect(await verify()).toMatchObject({ ok: true });
  await log.query("UPDATE gateway_audit_events SET duration_ms = '1' WHERE seq = 444");
  expect(await onlyFinding()).toMatchObject({ seq: 444, columns: [{ column: "duration_ms" }] });
});

describe("the log's own records are tampered with", () => {
  it("tiles: the events are right, and the tile is named [AUD-7]", async () => {
    await log.query(`UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 187 * 32 + 1)
      WHERE level = 0 AND index = 1`);
    expect(await onlyFinding()).toMatchObject({ kind: "tiles_altered", seq: 443, id: idAt(443) });
  });

  it("tiles above the leaves, which proofs are made of [AUD-7]", async () => {
    await log.query(`UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 3 * 32 + 1)
      WHERE level = 1 AND index = 0`);
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "tiles_altered", seq: 3 * 256, id: null });
    expect(finding.message).toContain("Tile 1/0 was altered");
  });

  it("all tiles are missing: the events still prove themselves, and the place is told by the checkpoints [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_tiles");
    expect(await verify()).toMatchObject({ ok: true, events: 1_500 });
    await log.query(
      "UPDATE gateway_audit_events SET canonical = '{}', leaf_hash = sha256('\\x007b7d') WHERE seq = 443",
    );
    const { kind, seq, before, message } = await onlyFinding();
    expect([kind, seq, before]).toEqual(["altered", 301, 700]);
    expect(message).toContain("The first contradiction to be seen is at seq 443");
  });

  /** As an attacker does who owns the database and knows all of its structure, but has no key. */
  async function rewriteHistory(seq: number): Promise<void> {
    await log.query(
      `UPDATE gateway_audit_events SET user_id = 'alice',
         canonical = convert_to(regexp_replace(convert_from(canonical, 'UTF8'), '"user-\\d"', '"alice"'), 'UTF8')
       WHERE seq = $1`,
      [seq],
    );
    await log.query(
      "UPDATE gateway_audit_events SET leaf_hash = sha256('\\x00' || canonical) WHERE seq = $1",
      [seq],
    );
    await log.query("DELETE FROM gateway_audit_tiles");
  }

  it("everything is rewritten in agreement: the checkpoints around the place tell where [AUD-7]", async () => {
    await rewriteHistory(443);
    const finding = await onlyFinding();
    expect(finding).toMatchObject({ kind: "altered", seq: 301, before: 700, id: null });
    expect(finding.message).toContain("between seq 301 and 699");
  });

  it("everything is rewritten and signed anew by another key [AUD-7]", async () => {
    await useCopy();
    await rewriteHistory(443);
    await log.query("DELETE FROM gateway_audit_checkpoints");
    const forged = createLogBuilder({ pool: log.pool, signer: thief, origin: ORIGIN });
    forged.start();
    await vi.waitFor(async () => expect(await forged.latestCheckpoint()).not.toBeNull());
    await forged.close();
    const { findings } = await verify();
    expect(findings.map(({ kind }) => kind)).toContain("wrong_key");
    expect(findings[0]!.message).toMatch(/size 1520 is signed by .*, which is not trusted/);
    // By a memory, the place as well.
    const remembering = await verify({ remembered: sealed.notes[2]! });
    expect(remembering.findings[0]).toMatchObject({ kind: "fork", seq: 0, before: 700 });
  });

  it("everything is rewritten and signed by the right key, stolen: what is remembered tells [AUD-7]", async () => {
    await useCopy();
    await rewriteHistory(443);
    await log.query("DELETE FROM gateway_audit_checkpoints");
    const forged = createLogBuilder({ pool: log.pool, signer, origin: ORIGIN });
    forged.start();
    await vi.waitFor(async () => expect(await forged.latestCheckpoint()).not.toBeNull());
    await forged.close();
    expect((await verify()).findings).toEqual([]);
    const finding = await onlyFinding({ remembered: sealed.notes[3]! });
    expect(finding).toMatchObject({ kind: "fork", seq: 0, before: 1_500 });
    expect(finding.message).toContain("not a continuation of the remembered tree of 1500 events");
  });

  it("an old backup is restored, and the log goes on from there [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_events WHERE seq >= 700");
    await log.query("UPDATE gateway_audit_head SET next_seq = 700");
    await log.query("DELETE FROM gateway_audit_checkpoints WHERE size > 700");
    await log.query("DELETE FROM gateway_audit_tiles");
    expect(await onlyFinding({ remembered: sealed.notes[3]! })).toMatchObject({ kind: "rollback", seq: 700 });
    expect(await verify({ remembered: sealed.notes[2]! })).toMatchObject({ ok: true, events: 700 });
  });

  it("a checkpoint is signed by a key that was rotated out before [AUD-7]", async () => {
    const rotated = createKeySet([trust({ untilSize: 700 })]);
    const finding = (await verify({ keys: rotated })).findings[0]!;
    expect(finding).toMatchObject({ kind: "wrong_key", seq: null });
    expect(finding.message).toContain("may sign sizes 0 to 700, not 1500");
  });

  it.each([
    // Eight digits within it, each the next one: still the base64 of a signature.
    [
      "its signature",
      `note = overlay(note placing translate(substr(note, length(note) - 19, 8), '${BASE64}', '${BASE64.slice(1)}A') from length(note) - 19)`,
      /signature of key .* is wrong/,
    ],
    ["its size", "note = replace(note, E'\\n1500\\n', E'\\n1400\\n')", /signature of key .* is wrong/],
    [
      "its origin",
      "note = replace(note, E'sark.example/audit\\n', E'other.example/audit\\n')",
      /signature .* wrong/,
    ],
    ["the size beside it", "size = 1400", /stored with another size or root/],
    ["the root beside it", "root = sha256('x')", /stored with another size or root/],
    ["all of it", "note = 'x'", /Not a signed note/],
  ])("a checkpoint is changed in %s [AUD-7]", async (_what, change, message) => {
    await log.query(`UPDATE gateway_audit_checkpoints SET ${change} WHERE size = 1500`);
    const { ok, findings } = await verify();
    expect(ok).toBe(false);
    expect(findings[0]!.message).toMatch(message);
    expect(["wrong_signature", "wrong_key", "wrong_checkpoint"]).toContain(findings[0]!.kind);
  });

  it("all checkpoints are deleted [AUD-7]", async () => {
    await log.query("DELETE FROM gateway_audit_checkpoints");
    expect(await onlyFinding()).toMatchObject({ kind: "wrong_checkpoint", seq: null });
    const { findings } = await verify({ remembered: sealed.notes[0]! });
    expect(findings.map(({ kind }) => kind)).toEqual(["rollback", "wrong_checkpoint"]);
  });

  it("a memory that is none does not count [AUD-7]", async () => {
    expect(await onlyFinding({ remembered: "nonsense" })).toMatchObject({ kind: "wrong_checkpoint" });
    const other = createNoteSigner(ORIGIN, namedKey("other"));
    const finding = await onlyFinding({
      remembered: sealed.notes[0]!,
      keys: createKeySet([trust({ key: other.key })]),
    });
    expect(finding).toMatchObject({
      kind: "wrong_key",
      message: expect.stringContaining("What is remembered") as string,
    });
  });
});
