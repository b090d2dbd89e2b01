import type pg from "pg";
import { readTilesOf } from "../../log-tables/tree-hashes.ts";
import { TransparencyLogError } from "../../transparency-log/errors.ts";
import { rangeHashes } from "../../transparency-log/tiles/tile-hashes.ts";
import { TILE_WIDTH } from "../../transparency-log/tiles/tile-layout.ts";
import { checkMemory, type CheckedMemory } from "../trust/check-memory.ts";
import type { Trust } from "../trust/check-checkpoint.ts";
import { EVENT_FIELDS, EVENT_SELECTION } from "../rows/event-row.ts";
import { createEventCheck, type EventCheck } from "./event-check.ts";
import { type Finding } from "../findings/finding.ts";
import { checkSize, concludeVerification, type Verification } from "../findings/verification.ts";
import { createDiagnosis } from "./diagnosis.ts";
import { readLogged } from "./logged-leaves.ts";
import { createPayloadCheck } from "./payload-check.ts";
import { newestPurge, type PurgeRecords } from "../../signed-records/purge-records.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import { readExcuses } from "./read-excuses.ts";
import { VerificationError } from "../errors.ts";
import { withConnection, type LogConnection } from "../rows/log-connection.ts";
import { formatMemory } from "../trust/tree-memory.ts";
import { createTreeWatch } from "../trust/tree-watch.ts";
import { checkUpperTiles } from "./check-upper-tiles.ts";
import { readStoredCheckpoints, type StoredCheckpoints } from "./stored-checkpoints.ts";
import { checkBeginning, checkTail, checkVouched, readBounds } from "./check-bounds.ts";

/** The database to verify, the keys that are trusted, and what is remembered of the log. */
export interface OnlineOptions extends Trust {
  /** Of the audit database; one connection of it is used, for reading only. */
  readonly pool: pg.Pool;
  /** `memory` of the last verification, or the note of its checkpoint: what makes a rewritten or set-back history show. */
  readonly remembered?: string | null;
  /** Records of purges and erasures that are kept in memory. Default 1,000,000; `too_many_records` where more count. */
  readonly maxRecords?: number;
  /** Events looked at, of how many there are. Called a few times a second. */
  progress?(done: number, total: number): void;
}

interface Attempt {
  readonly verification: Verification;
  /** Whether what is missing by this attempt, and nothing else, is excused by records that count and were written since. */
  isExcusedNow(): Promise<boolean>;
}

/** Events that are read at once: 64 tiles' worth. */
const PIECE = 64 * TILE_WIDTH;
/** How often a log is looked through of which retention drops parts meanwhile. */
const MAX_ATTEMPTS = 10;

/**
 * Verifies the whole log in its database: every event's bytes, columns and place against the signed trees, the tail
 * against the head, the checkpoints against the keys and against the one that is remembered. Memory grows with the records
 * of purges and erasures alone, up to `maxRecords`. Rejects with a `VerificationError` when nothing can be said.
 */
export async function verifyOnline(options: OnlineOptions): Promise<Verification> {
  const { pool } = options;
  const remembered = checkMemory(options.remembered ?? null, options);
  // What does not count must not pass for a memory; without one, less would be proven than was asked for.
  if (remembered.findings.length > 0) {
    return nothingBut(remembered.findings);
  }

  return withConnection(pool, async (connection) => {
    for (let attempt = 1; ; attempt += 1) {
      // Not how many records there are: a purge drops old ones along with the events.
      const before = await newestPurge(connection.client);
      const { verification, isExcusedNow } = await verifyOnce(connection, remembered, options);
      const later = await newestPurge(connection.client);
      // What was dropped while it was looked for is not missing: seen from the new beginning, the log may be whole.
      if (verification.ok || later === before) {
        return verification;
      }
      if (attempt < MAX_ATTEMPTS) {
        continue;
      }
      if (await isExcusedNow()) {
        const message = `Retention dropped events in each of ${MAX_ATTEMPTS} attempts: verify again, or an export.`;
        throw new VerificationError("dropped_meanwhile", message);
      }
      return verification;
    }
  });
}

async function verifyOnce(
  connection: LogConnection,
  { checkpoint: remembered, subtrees }: CheckedMemory,
  { progress, maxRecords, ...trust }: OnlineOptions,
): Promise<Attempt> {
  const checkpoints = readStoredCheckpoints(connection, trust, remembered);
  // The checkpoint first: all that it covers is then there to be seen.
  const newest = await checkpoints.newest();
  const recordTrust: RecordTrust = {
    ...trust,
    origin: trust.origin ?? newest?.origin ?? remembered?.origin ?? null,
  };
  const readAll = () => readExcuses(connection, recordTrust, maxRecords);
  const excuses = await readAll();
  const bounds = await readBounds(connection);
  // What stands beyond what was counted and signed was never committed by the log: it is reported, not verified.
  const end = Math.min(bounds.end, Math.max(bounds.head, newest?.size ?? 0));
  const watch = createTreeWatch(subtrees);
  const check = createEventCheck(excuses, watch);
  const diagnosis = createDiagnosis(connection, check, checkpoints);
  const payloads = createPayloadCheck(connection, excuses, readAll);
  let found: Finding | null = null;
  for (let from = 0; from < end && found === null;) {
    from = await skipPurged(connection, check, excuses.purges, from);
    const to = Math.min(end, from + PIECE);
    await readPiece(connection, check, checkpoints, from, to);
    if (check.withPayloads !== null) {
      await payloads.check(from, to, check.withPayloads);
    }
    found = await diagnosis.soFar();
    progress?.(to, end);
    from = to;
  }
  found ??= await diagnosis.atEnd();
  await payloads.checkForeign();

  const findings: Finding[] = [
    ...checkBeginning(bounds),
    ...excuses.findings,
    ...check.recordFindings,
    ...payloads.findings,
    ...checkpoints.findings,
  ];
  if (found === null && newest !== null) {
    const altered = await checkUpperTiles(connection, newest);
    if (altered !== null) {
      findings.push(altered);
    }
  }
  if (found !== null) {
    findings.push(found);
  } else {
    findings.push(...(await checkTail(connection, bounds, { newest, remembered })));
  }
  if (checkpoints.findings.length === 0) {
    findings.push(...checkVouched(bounds, newest));
  }
  const signed = Math.min(check.position, newest?.size ?? 0, found?.seq ?? Number.POSITIVE_INFINITY);
  // Where the tiles called it altered and nothing else did, it is forged all the same.
  if (findings.length === 0) {
    findings.push(...excuses.ofAltered);
  }
  if (findings.length === 0 && check.ambiguous !== null) {
    findings.push(check.ambiguous);
  }
  if (findings.length === 0) {
    findings.push(...checkSize(newest?.size ?? 0, trust.atLeast ?? 0));
  }
  const verification = concludeVerification({
    events: Math.max(0, signed - check.purged),
    uncovered: found === null ? check.position - signed : 0,
    purged: check.purged,
    skipped: 0,
    unsignedRecords: excuses.unsigned,
    checkpoint: newest?.verified ?? null,
    memory:
      newest === null
        ? null
        : formatMemory({ note: newest.verified.note, subtrees: watch.sealed(newest.size) }),
    findings,
  });
  return {
    verification,
    async isExcusedNow() {
      const { purges } = await readAll();
      return findings.every(
        ({ kind, seq }) => kind === "missing" && seq !== null && purges.firstUncovered(seq, seq + 1) === null,
      );
    },
  };
}

function nothingBut(findings: readonly Finding[]): Verification {
  return concludeVerification({
    events: 0,
    uncovered: 0,
    purged: 0,
    skipped: 0,
    unsignedRecords: 0,
    checkpoint: null,
    memory: null,
    findings,
  });
}

/** Reads the events `from … to-1`, at most a piece, into the check. */
async function readPiece(
  connection: LogConnection,
  check: EventCheck,
  checkpoints: StoredCheckpoints,
  from: number,
  to: number,
): Promise<void> {
  check.expect(await readLogged(connection, from, to), await checkpoints.between(from, to));
  const rows = `SELECT ${EVENT_SELECTION} FROM gateway_audit_events WHERE seq >= ${from} AND seq < ${to} ORDER BY seq`;
  await connection.copy(rows, EVENT_FIELDS.length, (row) => check.row(row));
  check.advanceTo(to);
}

/** Passes over whole pieces that retention dropped, by the hashes that the tiles still have; returns where to go on. */
async function skipPurged(
  { client }: LogConnection,
  check: EventCheck,
  purges: PurgeRecords,
  from: number,
): Promise<number> {
  const { rows } = await client.query<{ next: string | null }>(
    "SELECT min(seq) AS next FROM gateway_audit_events WHERE seq >= $1",
    [from],
  );
  const next = Number(rows[0]?.next ?? 0);
  const to = next - (next % PIECE);
  if (to <= from || check.position !== from || purges.firstUncovered(from, to) !== null) {
    return from;
  }
  const readTile = await readTilesOf(client, [{ from, to }], to);
  try {
    check.skip(to, rangeHashes({ from, to }, readTile));
    return to;
  } catch (error) {
    // Without the tiles nothing tells what was there: the next piece says so.
    if (error instanceof TransparencyLogError) {
      return from;
    }
    throw error;
  }
}
