import type { PurgeRecords } from "../../signed-records/purge-records.ts";
import type { LeafRange } from "../../transparency-log/tree/subtrees.ts";
import type { Finding } from "../findings/finding.ts";

/** Gaps that are kept in mind until a record says that retention made them; a selection has one per event. */
const MAX_GAPS = 100_000;

/** What an export leaves out. The record that excuses a gap comes later in the export, if at all. */
export interface ExportGaps {
  /** Events that retention dropped, as records in the export say; and others. Known after `check`. */
  readonly purged: number;
  readonly skipped: number;
  /** Returns what is wrong with leaving out that much, as far as it is certain already. */
  add(gap: LeafRange): Finding | null;
  /** After the last record; returns the first event that is left out and must not be. */
  check(purges: PurgeRecords): Finding | null;
}

/** @param complete nothing may be left out but what retention dropped */
export function createExportGaps(complete: boolean): ExportGaps {
  const gaps: LeafRange[] = [];
  let [purged, skipped] = [0, 0];

  function checkGap({ from, to }: LeafRange, purges: PurgeRecords): Finding | null {
    let at = from;
    for (let open = purges.firstUncovered(at, to); open !== null; open = purges.firstUncovered(at, to)) {
      if (complete) {
        return missing(
          open,
          `The event at seq ${open} is left out, and no record in the export says that retention dropped it.`,
        );
      }
      const covered = purges.nextCovered(open, to);
      purged += open - at;
      skipped += covered - open;
      at = covered;
    }
    purged += to - at;
    return null;
  }

  return {
    get purged() {
      return purged;
    },
    get skipped() {
      return skipped;
    },
    add({ from, to }) {
      if (gaps.length < MAX_GAPS) {
        gaps.push({ from, to });
      } else if (complete) {
        return missing(
          from,
          `More is left out than retention drops: the export goes on at seq ${to} after seq ${from - 1}.`,
        );
      } else {
        skipped += to - from;
      }
      return null;
    },
    check(purges) {
      for (const gap of gaps) {
        const finding = checkGap(gap, purges);
        if (finding !== null) {
          return finding;
        }
      }
      return null;
    },
  };
}

function missing(seq: number, message: string): Finding {
  return { kind: "missing", seq, id: null, message };
}
