import { PAYLOAD_ERASURE, RETENTION_PURGE } from "../../events/record.ts";
import { createPurgeRecords, type PurgeRecords } from "../../signed-records/purge-records.ts";
import {
  openRecord,
  type OpenedRecord,
  type RecordTree,
  type RecordTrust,
} from "../../signed-records/record-signature.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import type { Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";
import { VerificationError } from "../errors.ts";
import { readLogged } from "./logged-leaves.ts";
import { checkRecord, NEIGHBOURS } from "../trust/check-record.ts";

/** What the records of a log excuse: those that count, and what is wrong with the others. */
export interface Excuses {
  readonly purges: PurgeRecords;
  /** Payloads of events up to this time may be missing: RFC 3339, `""` where none may. */
  readonly payloadsUntil: string;
  /** Erasures that count, by the ids of their events: each excuses events up to a number. */
  readonly erasures: ReadonlyMap<string, number>;
  /** The trees that the records were made upon, by the records' numbers. */
  readonly trees: ReadonlyMap<number, RecordTree>;
  readonly findings: readonly Finding[];
  /** About records that are not those that were logged: they are reported as altered, and nothing that they excuse as missing. */
  readonly ofAltered: readonly Finding[];
  /** Records that counted without a signature. */
  readonly unsigned: number;
}

const PAGE = 1_000;
const MAX_FINDINGS = 20;
/** Of records that count: they are kept in memory, some 300 bytes each. */
const MAX_RECORDS = 1_000_000;
/** Of records that are not those that were logged. What more of them excuse is reported as missing, too. */
const MAX_ALTERED = 1_000;

/** The times of the events before each record come along: all later by an hour, and the record is not of its place. */
const RECORDS = `
  SELECT record.seq, record.canonical, ARRAY(
    SELECT extract(epoch FROM before.created_at) * 1000 FROM gateway_audit_events AS before
    WHERE before.seq < record.seq AND isfinite(before.created_at) ORDER BY before.seq DESC LIMIT ${NEIGHBOURS})::float8[] AS before
  FROM gateway_audit_events AS record
  WHERE record.event_type IN ('${RETENTION_PURGE}', '${PAYLOAD_ERASURE}') AND record.seq > $1
  ORDER BY record.seq LIMIT ${PAGE}`;

/** Rejects with `too_many_records` where more than `maxRecords` count. */
export async function readExcuses(
  connection: LogConnection,
  trust: RecordTrust,
  maxRecords = MAX_RECORDS,
): Promise<Excuses> {
  const { client } = connection;
  const purges = createPurgeRecords(trust);
  const erasures = new Map<string, number>();
  const trees = new Map<number, RecordTree>();
  const findings: Finding[] = [];
  const ofAltered: Finding[] = [];
  let payloadsUntil = "";
  let unsigned = 0;
  let kept = 0;
  let altered = 0;

  async function take(seq: number, canonical: Buffer, before: readonly number[]): Promise<void> {
    const opened = openRecord(canonical, seq, trust);
    if (opened === null) {
      return;
    }
    const finding = checkRecord(seq, opened, before);
    const isAltered = finding !== null && (await wasAltered(connection, seq, canonical));
    if (finding !== null) {
      const list = isAltered ? ofAltered : findings;
      if (list.length < MAX_FINDINGS) {
        list.push(finding);
      }
      if (!isAltered) {
        return;
      }
    }
    // Forged ones are bounded without a word: they must not keep what is wrong with the log from being found.
    if (isAltered && (altered += 1) > MAX_ALTERED) {
      return;
    }
    kept += Number(!isAltered);
    if (kept > maxRecords) {
      const message = `The log has more than ${maxRecords} records of purges and erasures; verify an export of it.`;
      throw new VerificationError("too_many_records", message);
    }
    const tree = opened.counts ? opened.tree : null;
    if (tree !== null) {
      trees.set(seq, tree);
    } else if (!isAltered) {
      unsigned += 1;
    }
    excuse(seq, canonical, opened, isAltered || tree === null);
  }

  /** @param toItsEnd it does not say up to which event, and excuses all before it */
  function excuse(seq: number, canonical: Buffer, { fields, counts }: OpenedRecord, toItsEnd: boolean): void {
    const { metadata = {} } = fields;
    if (fields.event_type === PAYLOAD_ERASURE) {
      const last = metadata["last_seq"];
      if (typeof fields.id !== "string" || !UUID.test(fields.id)) {
        return;
      }
      const id = fields.id.toLowerCase();
      const until = typeof last === "number" ? Math.min(last, seq - 1) : toItsEnd ? seq - 1 : -1;
      erasures.set(id, Math.max(until, erasures.get(id) ?? -1));
    } else if (metadata["table"] === "gateway_audit_payloads") {
      const newest = metadata["newest"];
      if (typeof newest === "string" && TIME.test(newest) && newest > payloadsUntil) {
        payloadsUntil = newest;
      }
    } else {
      purges.add(seq, canonical, !counts);
    }
  }

  for (let after = -1; ;) {
    const { rows } = await client.query<{ seq: string; canonical: Buffer; before: number[] }>(RECORDS, [
      after,
    ]);
    for (const { seq, canonical, before } of rows) {
      await take(Number(seq), canonical, before);
    }
    if (rows.length < PAGE) {
      return { purges, payloadsUntil, erasures, trees, findings, ofAltered, unsigned };
    }
    after = Number(rows.at(-1)?.seq);
  }
}

/** Whether the tiles have another event in its place. */
async function wasAltered(connection: LogConnection, seq: number, canonical: Buffer): Promise<boolean> {
  const logged = (await readLogged(connection, seq, seq + 1))(seq);
  return logged !== null && Buffer.compare(logged, leafHash(canonical)) !== 0;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** A time with milliseconds, as our records have it. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
