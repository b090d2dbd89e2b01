import { PAYLOAD_ERASURE, RETENTION_PURGE } from "../../events/record.ts";
import { createPurgeRecords, type PurgeRecords } from "../../signed-records/purge-records.ts";
import { openRecord, type RecordTrust } from "../../signed-records/record-signature.ts";
import type { CompactRange } from "../../transparency-log/tree/compact-range.ts";
import type { Trust } from "../trust/check-checkpoint.ts";
import type { Finding } from "../findings/finding.ts";
import { createRecentTrees } from "../trust/recent-trees.ts";
import { checkRecord, checkRecordTree, NEIGHBOURS } from "../trust/check-record.ts";

/** Finds the records in an export that excuse what is left out, and checks them. */
export interface ExportRecords {
  readonly purges: PurgeRecords;
  readonly findings: readonly Finding[];
  readonly ofAltered: readonly Finding[];
  /** Records that counted without a signature. */
  readonly unsigned: number;
  /** @param isAltered its bytes are not those that its line says were logged: that is reported, and nothing that it excuses */
  event(seq: number, bytes: Uint8Array, isAltered: boolean): void;
  /** @param tree that the event's leaf was just appended to */
  appended(leaf: Uint8Array, tree: CompactRange): void;
  skipTo(tree: CompactRange): void;
}

/** The types of events that may excuse something, as they stand in the bytes. */
const EXCUSES = [RETENTION_PURGE, PAYLOAD_ERASURE].map((type) => `"${type}"`);
const MAX_FINDINGS = 20;

export function createExportRecords(origin: string, trust: Trust): ExportRecords {
  const recordTrust: RecordTrust = { ...trust, origin };
  const purges = createPurgeRecords(recordTrust);
  const recent = createRecentTrees();
  const findings: Finding[] = [];
  const ofAltered: Finding[] = [];
  /** The bytes of the last few events, to be looked into when a record comes. */
  const neighbours: Uint8Array[] = [];
  let unsigned = 0;

  function check(seq: number, bytes: Uint8Array, isAltered: boolean): void {
    const opened = openRecord(bytes, seq, recordTrust);
    if (opened === null) {
      return;
    }
    const tree = opened.counts ? opened.tree : null;
    if (opened.counts && tree === null) {
      unsigned += 1;
    }
    const finding =
      checkRecord(seq, opened, neighbours.flatMap(timeOf)) ??
      (tree === null ? null : checkRecordTree(seq, tree, recent.rootAt(tree.size)));
    if (finding === null || isAltered) {
      purges.add(seq, bytes, finding !== null);
    }
    const list = isAltered ? ofAltered : findings;
    if (finding !== null && list.length < MAX_FINDINGS) {
      list.push(finding);
    }
  }

  return {
    purges,
    findings,
    ofAltered,
    get unsigned() {
      return unsigned;
    },
    event(seq, bytes, isAltered) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (EXCUSES.some((type) => buffer.includes(type))) {
        check(seq, bytes, isAltered);
      }
      neighbours.push(bytes);
      if (neighbours.length > NEIGHBOURS) {
        neighbours.shift();
      }
    },
    appended: (leaf, tree) => recent.append(leaf, tree),
    skipTo: (tree) => recent.skipTo(tree),
  };
}

function timeOf(bytes: Uint8Array): number[] {
  try {
    const event = JSON.parse(Buffer.from(bytes).toString("utf8")) as { readonly created_at?: unknown };
    const time = Date.parse(String(event.created_at));
    return Number.isNaN(time) ? [] : [time];
  } catch {
    return [];
  }
}
