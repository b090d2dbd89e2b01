import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import type { AuditRecord } from "../events/record.ts";
import { newEventId } from "../events/event-id.ts";
import { openLogReader } from "../log-builder/proofs/open-log-reader.ts";
import { signRecord, type RecordTrust } from "../signed-records/record-signature.ts";
import { insertBatch } from "../store/writing/insert-batch.ts";
import { createKeySet } from "../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../transparency-log/notes/note-signer.ts";
import { EMPTY_ROOT } from "../transparency-log/tree/hashing.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import type { Finding } from "./findings/finding.ts";
import type { Verification } from "./findings/verification.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { sealLog, type LogCopy, type SealedLog } from "./testing/sealed-log.ts";
import {
  ORIGIN,
  signer,
  recordSigner,
  signLog,
  retainLog,
  exportedLog,
  inOnePiece,
} from "./testing/signed-log.ts";

const DAY_MS = 86_400_000;
const thief = createNoteSigner(ORIGIN, namedKey("thief"));
const former = createNoteSigner(ORIGIN, namedKey("former"));
const keys = createKeySet([
  { key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER },
  { key: former.key, fromSize: 0, untilSize: 10 },
]);
const RETENTION = { days: 30, signer: { ...recordSigner, keys } };
/** So many that those at seq 10 are not in the last tile, which the builder looks at. */
const COUNT = 300;
const NOW = { timestamp: Date.now() / 1_000 };
const OLD = { timestamp: 1_000_000_000 };

let sealed: SealedLog;
let log: LogCopy;
let first: string;
beforeAll(async () => {
  sealed = await sealLog(inject("postgresUrl"), signer, [COUNT], NOW);
  first = sealed.notes[0] ?? "";
});
afterAll(() => sealed.drop());
beforeEach(async () => {
  log = await sealed.copy();
});
afterEach(() => log.end());

async function verifyOffline(
  options: { complete?: boolean; remembered?: string; unsignedUntil?: number } = {},
) {
  const input = inOnePiece(await exportedLog(log.pool));
  return verifyExport({ input, keys, ...options });
}

const verify = (options: { remembered?: string; unsignedUntil?: number } = {}) =>
  verifyOnline({ pool: log.pool, keys, ...options });

/** In the database, and offline; as a whole and as a part; with and without what was remembered. */
async function everyWay(remembered: string): Promise<Verification[]> {
  return [
    await verify(),
    await verify({ remembered }),
    await verifyOffline({ complete: true }),
    await verifyOffline({ complete: true, remembered }),
    await verifyOffline(),
  ];
}

const purge = (first: number, last: number): AuditRecord => ({
  event_type: "retention_purge",
  decision: "allow",
  reason: "older than 30 days",
  timestamp: Date.now() / 1_000,
  gateway_request_id: "r",
  metadata: {
    table: "gateway_audit_events",
    rows: last - first + 1,
    oldest: new Date(Date.now() - 50 * DAY_MS).toISOString(),
    newest: new Date(Date.now() - 40 * DAY_MS).toISOString(),
    older_than: new Date(Date.now() - 30 * DAY_MS).toISOString(),
    seq_ranges: [[first, last]],
    all_ranges_named: true,
  },
});

async function insert(event: Parameters<typeof insertBatch>[1][number]): Promise<void> {
  const client = await log.pool.connect();
  await insertBatch(client, [event]).finally(() => client.release());
}

/** Why the entry bundle of the first events is not given out. */
async function bundleError(trust?: RecordTrust): Promise<unknown> {
  const reader = openLogReader({ connectionString: log.url, ...(trust === undefined ? {} : { trust }) });
  try {
    await reader.entries(0, 256);
    return null;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  } finally {
    await reader.close();
  }
}

const about = (finding: Finding | undefined): unknown[] => [finding?.kind, finding?.seq];

describe("an attacker with nothing but the database", () => {
  it("appends a purge of what is then deleted, and has it signed into the log [AUD-7]", async () => {
    await log.append(1, { ...purge(10, 14), ...NOW });
    const note = await signLog(log.pool);
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
    for (const found of [...(await everyWay(note)), ...(await everyWay(first))]) {
      expect(found.ok).toBe(false);
      expect(found.findings.map(about)).toContainEqual(["forged_record", COUNT]);
    }
    expect((await verify()).findings.map(about)).toEqual([
      ["missing", 10],
      ["forged_record", COUNT],
    ]);
    expect((await verifyOffline({ complete: true })).findings.map(about)).toContainEqual(["missing", 10]);
    expect(await bundleError({ keys, origin: ORIGIN })).toBe("unprovable");
    expect(await bundleError({ keys, origin: ORIGIN, unsignedUntil: COUNT + 1 })).toBe("entry_dropped");
    // Without a key there is only the database's word.
    expect(await bundleError()).toBe("entry_dropped");
  });

  it("cannot have the gateway sign on over a hole at the end of the log [AUD-7]", async () => {
    await log.append(1, { ...purge(280, 284), ...NOW });
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 280 AND 284");
    await expect(signLog(log.pool)).rejects.toMatchObject({ code: "gap" });
  });

  it("has the forged record dropped by retention, which signs its own record [AUD-7]", async () => {
    await log.append(1, { ...purge(10, 14), ...OLD });
    await signLog(log.pool);
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
    expect(await retainLog(log.pool, RETENTION)).toEqual([]);
    const note = await signLog(log.pool);
    expect(await log.query("SELECT seq::int FROM gateway_audit_events WHERE seq = $1", [COUNT])).toEqual([]);
    for (const found of (await everyWay(note)).slice(0, 4)) {
      expect(found.findings.map(about)).toContainEqual(["missing", 10]);
    }
    // Only who says that an older version wrote it takes it.
    expect(await verify({ unsignedUntil: COUNT + 1 })).toMatchObject({ ok: true, purged: 6 });
    expect((await verify({ unsignedUntil: COUNT })).findings.map(about)).toContainEqual(["missing", 10]);
  });

  it("changes what an honest record says, or uses the record again elsewhere [AUD-7]", async () => {
    await log.append(3, OLD);
    await signLog(log.pool);
    expect(await retainLog(log.pool, RETENTION)).toEqual([]);
    expect(await signLog(log.pool).then(() => verify())).toMatchObject({ ok: true, purged: 3 });
    const [record] = await log.query(
      "SELECT canonical FROM gateway_audit_events WHERE event_type = 'retention_purge'",
    );
    const honest = JSON.parse(String(record?.["canonical"])) as AuditRecord;
    for (const seq_ranges of [
      [[10, 14]],
      [
        [COUNT, COUNT + 2],
        [10, 14],
      ],
    ]) {
      const { metadata } = honest;
      await log.append(1, { ...purge(0, 0), ...NOW, metadata: { ...metadata, seq_ranges } });
    }
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
    await signLog(log.pool);
    const { findings } = await verify();
    expect(findings.map(about)).toEqual([
      ["missing", 10],
      ["forged_record", COUNT + 4],
      ["forged_record", COUNT + 5],
    ]);
    expect(findings[1]?.message).toContain("its signature is wrong");
    expect((await verifyOffline({ complete: true })).findings).toHaveLength(3);
  });

  it("alters an event and waits until retention drops the evidence: it does not [AUD-7]", async () => {
    await log.append(3, OLD);
    await signLog(log.pool);
    const altered = `canonical = convert_to(replace(convert_from(canonical, 'UTF8'), '"files"', '"other"'), 'UTF8')`;
    await log.query(`UPDATE gateway_audit_events SET server_name = 'other', ${altered} WHERE seq = $1`, [
      COUNT + 1,
    ]);
    await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('\\x00' || canonical)");
    expect(await retainLog(log.pool, RETENTION)).toEqual([
      `the event at seq ${COUNT + 1} is not the one that was logged: run "audit verify"`,
    ]);
    expect((await verify()).findings.map(about)).toEqual([["altered", COUNT + 1]]);
    // Nor without the tiles that say so.
    await log.query("DELETE FROM gateway_audit_tiles");
    expect(await retainLog(log.pool, RETENTION)).toEqual([
      expect.stringContaining("is not the one that was logged"),
    ]);
  });

  it("makes young events look old to retention [AUD-7]", async () => {
    await log.query(`UPDATE gateway_audit_events SET "timestamp" = '2001-01-01T00:00:00Z' WHERE seq = 20`);
    expect(await retainLog(log.pool, RETENTION)).toEqual([
      'the event at seq 20 is younger than its column says: run "audit verify"',
    ]);
    expect((await verify()).findings.map(about)).toEqual([["altered", 20]]);
  });
});

describe("a record that is signed, but", () => {
  const tree = { size: 0, root: EMPTY_ROOT };
  const signedBy = (options: Partial<Parameters<typeof signRecord>[2]>, now = Date.now()) =>
    signRecord(
      purge(10, 14),
      { id: newEventId(), now },
      { origin: ORIGIN, signers: [signer], tree, ...options },
    );

  it.each([
    ["by a key that is not trusted", () => signedBy({ signers: [thief] }), "a key that is not trusted"],
    ["by a key that was rotated out", () => signedBy({ signers: [former] }), "may sign sizes 0 to 10 only"],
    [
      "for another log",
      () => signedBy({ origin: "other.example/audit" }),
      'another log, "other.example/audit"',
    ],
    [
      "upon another tree",
      () => signedBy({ tree: { size: 20, root: EMPTY_ROOT } }),
      "another tree of 20 events",
    ],
    [
      "for a later place",
      () => signedBy({ tree: { size: 1_000, root: EMPTY_ROOT } }),
      "another place in the log",
    ],
    ["long before its neighbours", () => signedBy({}, Date.now() - 5 * DAY_MS), "all events before it later"],
    ["in a time to come", () => signedBy({}, Date.now() + DAY_MS), "a time to come"],
    [
      "of what was not old",
      () =>
        signRecord(
          { ...purge(10, 14), metadata: { ...purge(10, 14).metadata, newest: new Date().toISOString() } },
          { id: newEventId(), now: Date.now() },
          { origin: ORIGIN, signers: [signer], tree },
        ),
      "was not old by its own times",
    ],
  ])("%s, does not count [AUD-7]", async (_what, make, why) => {
    await insert(make());
    await signLog(log.pool);
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
    for (const { findings } of [await verify(), await verifyOffline({ complete: true })]) {
      const forged = findings.find(({ kind }) => kind === "forged_record");
      expect(forged?.seq).toBe(COUNT);
      expect(forged?.message).toContain(why);
    }
  });

  it("counts where nothing is wrong with it [AUD-7]", async () => {
    await insert(signedBy({ signers: [former, signer] }));
    await signLog(log.pool);
    await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
    expect(await verify()).toMatchObject({ ok: true, purged: 5, unsignedRecords: 0 });
    expect(await verifyOffline({ complete: true })).toMatchObject({ ok: true, purged: 5 });
  });
});

it("takes records of an older version where it is told up to where there are such [AUD-7]", async () => {
  const [record] = await log.append(1, { ...purge(10, 14), ...NOW });
  await log.query("DELETE FROM gateway_audit_events WHERE seq BETWEEN 10 AND 14");
  await signLog(log.pool);
  const { findings } = await verify();
  expect(findings[1]).toMatchObject({ kind: "forged_record", seq: COUNT, id: record?.id });
  expect(findings[1]?.message).toContain(`--unsigned-until ${COUNT + 1}`);
  const unsignedUntil = COUNT + 1;
  expect(await verify({ unsignedUntil })).toMatchObject({ ok: true, purged: 5, unsignedRecords: 1 });
  expect(await verifyOffline({ complete: true, unsignedUntil })).toMatchObject({
    ok: true,
    purged: 5,
    unsignedRecords: 1,
  });
});
