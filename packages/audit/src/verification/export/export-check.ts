import { createCompactRange } from "../../transparency-log/tree/compact-range.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { checkCheckpoint, type Trust, type TrustedCheckpoint } from "../trust/check-checkpoint.ts";
import { VerificationError } from "../errors.ts";
import type { CheckedMemory } from "../trust/check-memory.ts";
import { createExportDoubt, idOf, type ExportDoubt } from "./export-doubt.ts";
import { createExportGaps } from "./export-gaps.ts";
import { parseExportLine, type ExportLine } from "./export-format.ts";
import { createExportRecords } from "./export-records.ts";
import type { Finding, FindingKind } from "../findings/finding.ts";
import { between } from "../findings/between.ts";
import { haveWitnessInCommon } from "../trust/have-witness-in-common.ts";
import { formatMemory } from "../trust/tree-memory.ts";
import { createTreeWatch, type Window } from "../trust/tree-watch.ts";

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
  const watch = createTreeWatch(remembered.subtrees);
  const tree = createCompactRange(0, watch.onSubtree);
  const findings: Finding[] = [];
  const memory = remembered.checkpoint;
  let doubt: ExportDoubt | null = null;
  let header: string | null = null;
  let [events, coveredEvents, good] = [0, 0, 0];
  // The same, by checkpoints that a thief of the log's key cannot have signed anew.
  let vouched = 0;
  const gaps = createExportGaps(complete);
  let records = createExportRecords("", trust);
  let newest: TrustedCheckpoint | null = null;
  let stopped = false;
  let compared = memory === null || memory.size === 0;

  function stopWith(finding: Finding): void {
    findings.push(finding);
    stopped = true;
  }

  function stop(kind: FindingKind, seq: number | null, message: string, more: Partial<Finding> = {}): void {
    stopWith({ kind, seq, id: null, message, ...more });
  }

  for (const { kind, message } of remembered.findings) {
    stop(kind, null, message);
  }

  function onEvent(line: ExportLine & { type: "event" }): void {
    const { seq, leaf, bytes } = line;
    if (seq > tree.end) {
      return stop(
        "missing",
        tree.end,
        `No event stands at seq ${tree.end}: the next one is that of seq ${seq}.`,
      );
    }
    if (seq < tree.end) {
      return stop(
        "extra",
        seq,
        `Seq ${seq} stands once more, or out of order, where seq ${tree.end} should.`,
        { id: idOf(bytes) },
      );
    }
    const actual = leafHash(bytes);
    const isAltered = Buffer.compare(actual, leaf) !== 0;
    if (isAltered) {
      doubt ??= createExportDoubt(line, actual, tree);
    }
    records.event(seq, bytes, isAltered);
    doubt?.claim(leaf);
    tree.append(actual);
    records.appended(actual, tree);
    events += 1;
  }

  function onSkip({ from, to, hashes }: ExportLine & { type: "skip" }): void {
    if (from !== tree.end) {
      return stop(
        "missing",
        Math.min(from, tree.end),
        `The export goes on at seq ${from} after seq ${tree.end - 1}.`,
      );
    }
    try {
      doubt?.claimSubtrees(to, hashes);
      tree.appendSubtrees(to, hashes);
      records.skipTo(tree);
    } catch (error) {
      return stop(
        "malformed",
        from,
        `The events ${from} to ${to - 1} are left out without a proof: ${String(error)}`,
      );
    }
    const tooMuch = gaps.add({ from, to });
    if (tooMuch !== null) {
      stopWith(tooMuch);
    }
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
    if (size > tree.end) {
      return stop(
        "missing",
        tree.end,
        `The checkpoint covers ${size} events; those from seq ${tree.end} on are not in the export.`,
      );
    }
    if (size < tree.end) {
      return stop(
        "extra",
        size,
        `The checkpoint covers ${size} events, but stands behind seq ${tree.end - 1}.`,
      );
    }
    compare(checkpoint.root, size, false);
    if (stopped) {
      return;
    }
    newest = checkpoint;
    coveredEvents = events;
    good = size;
    if (haveWitnessInCommon(checkpoint, memory)) {
      vouched = size;
    }
    watch.seal(tree);
  }

  function compare(root: Uint8Array, size: number, isMemory: boolean): void {
    if (Buffer.compare(tree.root(), root) === 0) {
      if (doubt !== null) {
        stopWith(doubt.ofLine);
      }
      return;
    }
    const altered = doubt?.ofEvent(root) ?? null;
    if (altered !== null) {
      return stopWith(altered);
    }
    if (isMemory) {
      return stopAtFork(size);
    }
    const { from, to } = narrowed(good, size);
    stop(
      "altered",
      from,
      `The events do not lead to the tree of ${size} that was signed: the first that is not what was logged lies ${between(from, to)}.`,
      { before: to },
    );
  }

  /** What is remembered of the tree may tell the place more closely. */
  function narrowed(from: number, to: number): Window {
    const { window } = watch;
    return { from: Math.max(from, window?.from ?? 0), to: Math.min(to, window?.to ?? to) };
  }

  function stopAtFork(size: number): void {
    const { from, to } = narrowed(vouched, size);
    const message = `The export is not a continuation of the remembered tree of ${memory?.size ?? size} events: its history was rewritten, first ${between(from, to)}.`;
    stop("fork", from, message, { before: to });
  }

  /** The remembered tree is compared where the export passes its size. */
  function compareMemory(): void {
    if (compared || memory === null || tree.end < memory.size) {
      return;
    }
    compared = true;
    if (tree.end === memory.size) {
      compare(memory.root, memory.size, true);
      if (!stopped) {
        vouched = memory.size;
      }
    } else if (watch.window !== null) {
      stopAtFork(watch.window.to);
    } else {
      stop(
        "fork",
        null,
        `The export leaves out where the remembered tree of ${memory.size} events ends: that it continues it cannot be shown.`,
      );
    }
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
      return newest === null
        ? null
        : formatMemory({ note: newest.verified.note, subtrees: watch.sealed(newest.size) });
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
          tree.end,
          `After seq ${tree.end - 1} stands a line that belongs to no export: an export is verified in the very bytes that were written.`,
        );
      } else if (line.type === "checkpoint") {
        onCheckpoint(line.note);
      } else if (line.type === "skip") {
        onSkip(line);
      } else {
        onEvent(line);
      }
      if (!stopped) {
        compareMemory();
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
      if (newest?.size !== tree.end) {
        stop(
          "malformed",
          good,
          `No checkpoint that counts covers the export's end: nothing vouches for the events from seq ${good} on.${cut}`,
        );
      } else if (!ended) {
        stop("malformed", null, "The export's last line is cut off.");
      } else if (!compared && watch.window !== null) {
        stopAtFork(watch.window.to);
      } else if (!compared && memory !== null) {
        stop(
          "rollback",
          tree.end,
          `The export ends at seq ${tree.end - 1}; a tree of ${memory.size} events was remembered.`,
        );
      }
      if (findings.length === 0) {
        findings.push(...records.ofAltered);
      }
    },
  };
}
