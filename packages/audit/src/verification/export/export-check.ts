import { checkCheckpoint, type Trust, type TrustedCheckpoint } from "../trust/check-checkpoint.ts";
import { VerificationError } from "../errors.ts";
import type { CheckedMemory } from "../trust/check-memory.ts";
import { idOf } from "./export-doubt.ts";
import { createExportGaps } from "./export-gaps.ts";
import { parseExportLine, type ExportLine } from "./export-format.ts";
import { createExportRecords } from "./export-records.ts";
import { createExportTree } from "./export-tree.ts";
import { hasOneReading } from "../../json/has-one-reading.ts";
import { ambiguous } from "../findings/ambiguous.ts";
import type { Finding, FindingKind } from "../findings/finding.ts";

/** Follows an export's lines; says what is wrong as soon as it is certain. */
export interface ExportCheck {
  /** Events read so far. */
  readonly events: number;
  /** Events proven by a checkpoint that counts. */
  readonly covered: number;
  /** Events that are left out: dropped by retention, as records in the export say; and others. */
  readonly purged: number;
  readonly skipped: number;
  /** Records that excuse something and counted without a signature. */
  readonly unsignedRecords: number;
  readonly newest: TrustedCheckpoint | null;
  /** What is to be remembered of it. */
  readonly memory: string | null;
  readonly findings: readonly Finding[];
  /** Returns whether it is worth to go on. */
  line(bytes: Buffer): boolean;
  /** After the last line; `ended` is whether it ended with a newline. */
  end(ended: boolean): void;
}

export interface ExportCheckOptions {
  readonly trust: Trust;
  readonly remembered: CheckedMemory;
  /** Nothing may be left out but what retention dropped. */
  readonly complete: boolean;
}

export function createExportCheck({ trust, remembered, complete }: ExportCheckOptions): ExportCheck {
  const tree = createExportTree(remembered);
  const { range } = tree;
  const findings: Finding[] = [];
  let header: string | null = null;
  let [events, coveredEvents] = [0, 0];
  const gaps = createExportGaps(complete);
  let records = createExportRecords("", trust);
  let newest: TrustedCheckpoint | null = null;
  /** The first event that two readers may read in two ways; said where nothing else is wrong. */
  let firstAmbiguous: Finding | null = null;
  let stopped = false;

  function stopWith(finding: Finding): void {
    findings.push(finding);
    stopped = true;
  }

  function stopIf(finding: Finding | null): void {
    if (finding !== null) {
      stopWith(finding);
    }
  }

  function stop(kind: FindingKind, seq: number | null, message: string, id: string | null = null): void {
    stopWith({ kind, seq, id, message });
  }

  for (const { kind, message } of remembered.findings) {
    stop(kind, null, message);
  }

  function onEvent(line: ExportLine & { type: "event" }): void {
    const { seq, bytes } = line;
    if (seq > range.end) {
      return stop(
        "missing",
        range.end,
        `No event stands at seq ${range.end}: the next one is that of seq ${seq}.`,
      );
    }
    if (seq < range.end) {
      return stop(
        "extra",
        seq,
        `Seq ${seq} stands once more, or out of order, where seq ${range.end} should.`,
        idOf(bytes),
      );
    }
    const { leaf, isAltered } = tree.event(line);
    if (firstAmbiguous === null && !hasOneReading(bytes)) {
      firstAmbiguous = ambiguous(seq, idOf(bytes));
    }
    records.event(seq, bytes, isAltered);
    records.appended(leaf, range);
    events += 1;
  }

  function onSkip(line: ExportLine & { type: "skip" }): void {
    const { from, to } = line;
    if (from !== range.end) {
      return stop(
        "missing",
        Math.min(from, range.end),
        `The export goes on at seq ${from} after seq ${range.end - 1}.`,
      );
    }
    try {
      tree.skip(line);
      records.skipTo(range);
    } catch (error) {
      return stop(
        "malformed",
        from,
        `The events ${from} to ${to - 1} are left out without a proof: ${String(error)}`,
      );
    }
    stopIf(gaps.add({ from, to }));
  }

  function onCheckpoint(note: string): void {
    const checked = checkCheckpoint({ note }, trust);
    findings.push(
      ...checked.findings
        .filter(({ message }) => findings.every((one) => one.message !== message))
        .slice(0, 20),
    );
    const { checkpoint } = checked;
    if (checkpoint === null) {
      return;
    }
    const { size, origin } = checkpoint;
    if (origin !== header) {
      return stop(
        "wrong_checkpoint",
        null,
        `The export calls itself one of log "${header}"; its checkpoint of size ${size} is one of "${origin}".`,
      );
    }
    if (size > range.end) {
      return stop(
        "missing",
        range.end,
        `The checkpoint covers ${size} events; those from seq ${range.end} on are not in the export.`,
      );
    }
    if (size < range.end) {
      return stop(
        "extra",
        size,
        `The checkpoint covers ${size} events, but stands behind seq ${range.end - 1}.`,
      );
    }
    const finding = tree.checkSigned(checkpoint);
    if (finding !== null) {
      return stopWith(finding);
    }
    newest = checkpoint;
    coveredEvents = events;
  }

  return {
    get events() {
      return events;
    },
    get covered() {
      return coveredEvents;
    },
    get purged() {
      return gaps.purged;
    },
    get skipped() {
      return gaps.skipped;
    },
    get unsignedRecords() {
      return records.unsigned;
    },
    get newest() {
      return newest;
    },
    get memory() {
      return newest === null ? null : tree.memoryOf(newest);
    },
    findings,
    line(bytes) {
      if (stopped) {
        return false;
      }
      const line = parseExportLine(bytes);
      if (header === null) {
        if (line?.type !== "header") {
          throw new VerificationError("not_an_export", "The first line is not that of an export.");
        }
        header = line.origin;
        records = createExportRecords(header, trust);
      } else if (line === null || line.type === "header") {
        stop(
          "malformed",
          range.end,
          `After seq ${range.end - 1} stands a line that belongs to no export: an export is verified in the very bytes that were written.`,
        );
      } else if (line.type === "checkpoint") {
        onCheckpoint(line.note);
      } else if (line.type === "skip") {
        onSkip(line);
      } else {
        onEvent(line);
      }
      if (!stopped) {
        stopIf(tree.checkRemembered());
      }
      return !stopped;
    },
    end(ended) {
      findings.push(...records.findings);
      if (stopped) {
        return;
      }
      const missing = gaps.check(records.purges);
      if (missing !== null) {
        return stopWith(missing);
      }
      const cut = ended ? "" : " Its last line is cut off.";
      if (newest?.size !== range.end) {
        stop(
          "malformed",
          tree.good,
          `No checkpoint that counts covers the export's end: nothing vouches for the events from seq ${tree.good} on.${cut}`,
        );
      } else if (!ended) {
        stop("malformed", null, "The export's last line is cut off.");
      } else {
        stopIf(tree.checkEnd());
      }
      if (findings.length === 0) {
        findings.push(...records.ofAltered);
      }
      if (findings.length === 0 && firstAmbiguous !== null) {
        findings.push(firstAmbiguous);
      }
    },
  };
}
