import { createCompactRange, type CompactRange } from "../../transparency-log/tree/compact-range.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { fieldOf, type BinaryRow } from "../rows/binary-rows.ts";
import { CANONICAL, ID, PAYLOADS, SEQ, TIMESTAMP } from "../rows/event-row.ts";
import { ambiguous } from "../findings/ambiguous.ts";
import type { Finding } from "../findings/finding.ts";
import type { LoggedLeaves } from "./logged-leaves.ts";
import { widen, type IdRange } from "./id-range.ts";
import type { Excuses } from "./read-excuses.ts";
import { checkRecordTree } from "../trust/check-record.ts";
import { createRecentTrees } from "../trust/recent-trees.ts";
import type { TreeWatch, Window } from "../trust/tree-watch.ts";
import type { Target } from "./stored-checkpoints.ts";
import type { Contradiction } from "./contradiction.ts";
import { createRowCheck } from "./row-check.ts";

/** The tree that the rows gave at a signed size was not the one that was signed. */
export interface Mismatch {
  readonly target: Target;
  /** The last size at which it was, as far as that counts for something. */
  readonly good: number;
  /** Where what is remembered of the tree first differs, if it does. */
  readonly window: Window | null;
}

/** Follows the rows in order of `seq`, builds the tree over them, and stops at what is wrong. */
export interface EventCheck {
  /** Rows that stand where they should: the number that is expected next. */
  readonly position: number;
  readonly contradiction: Contradiction | null;
  readonly mismatch: Mismatch | null;
  /** The contradiction lies before a signed size at which the tree was right: the events are, something else is not. */
  readonly cleared: boolean;
  /** A number is missing or there twice, so that there is no tree any more. */
  readonly broken: boolean;
  /** Events that retention dropped; the tiles stand in for them. */
  readonly purged: number;
  /** Records that were not made upon this log's tree. */
  readonly recordFindings: readonly Finding[];
  /** The first event that two readers may read in two ways. */
  readonly ambiguous: Finding | null;
  /** Of the rows since `expect`, those whose arguments or results may lie beside the log; `null` where there are none. */
  readonly withPayloads: IdRange | null;
  /** What the next rows are held against: the tiles' leaf hashes, and the signed sizes among them. */
  expect(logged: LoggedLeaves, targets: readonly Target[]): void;
  row(row: BinaryRow): void;
  /** There are no more rows below that number. */
  advanceTo(seq: number): void;
  /** The events up to there were dropped by retention: the hashes of the subtrees that cover them. */
  skip(to: number, hashes: readonly Uint8Array[]): void;
}

export function createEventCheck(
  { purges, trees }: Pick<Excuses, "purges" | "trees">,
  watch: TreeWatch,
): EventCheck {
  const tree: CompactRange = createCompactRange(0, watch.onSubtree);
  const recent = createRecentTrees();
  const recordFindings: Finding[] = [];
  const findingOf = createRowCheck();
  let position = 0;
  let good = 0;
  /** The same, by checkpoints that a thief of the log's key cannot have signed anew. */
  let vouched = 0;
  let contradiction: Contradiction | null = null;
  let firstAmbiguous: Finding | null = null;
  let mismatch: Mismatch | null = null;
  let cleared = false;
  let broken = false;
  let purged = 0;
  let withPayloads: IdRange | null = null;
  let loggedAt: LoggedLeaves = () => null;
  let targets: readonly Target[] = [];
  let nextTarget = 0;
  /** Of the row at `position`, until it is known whether another one stands there, too: rows of one number come in any order. */
  let held: Uint8Array | null = null;

  function addContradiction(seq: number, found: Partial<Contradiction>): void {
    contradiction ??= {
      seq,
      id: null,
      what: "event",
      actual: null,
      logged: copyOf(loggedAt(seq)),
      columns: [],
      leafColumnDiffers: false,
      unreadable: false,
      before: tree.clone(),
      ...found,
    };
  }

  function checkRow(row: BinaryRow, actual: Buffer): void {
    const found = findingOf(row, actual, loggedAt(position));
    if (found === null) {
      return;
    }
    if ("contradiction" in found) {
      addContradiction(position, found.contradiction);
    } else {
      firstAmbiguous ??= ambiguous(position, found.ambiguous.id);
    }
  }

  /** Two rows have this number. Which of them came first must make no difference: what was found of that one does not count. */
  function addDuplicate(seq: number): void {
    broken = true;
    held = null;
    if (contradiction?.seq === seq) {
      contradiction = null;
    }
    addContradiction(seq, { what: "duplicate" });
  }

  function release(): void {
    if (held !== null) {
      const leaf = held;
      held = null;
      advance(leaf);
    }
  }

  /** The next leaf of the tree, which must be the one that was signed wherever a checkpoint says so. */
  function advance(leaf: Uint8Array): void {
    const recordTree = trees.get(position);
    if (recordTree !== undefined) {
      const finding = checkRecordTree(position, recordTree, recent.rootAt(recordTree.size));
      if (finding !== null) {
        recordFindings.push(finding);
      }
    }
    tree.append(leaf);
    recent.append(leaf, tree);
    position += 1;
    compareTargets();
  }

  function compareTargets(): void {
    for (let target = targets[nextTarget]; target !== undefined; target = targets[nextTarget]) {
      if (target.size > position) {
        return;
      }
      nextTarget += 1;
      // Passed over within what was dropped: there is nothing to compare it with.
      if (target.size < position) {
        continue;
      }
      if (Buffer.compare(tree.root(), target.root) !== 0) {
        mismatch ??= { target, good: target.source === "remembered" ? vouched : good, window: watch.window };
        return;
      }
      good = position;
      if (target.isVouched) {
        vouched = position;
      }
      watch.seal(tree);
      cleared = contradiction !== null;
    }
  }

  /** The rows to come change nothing of what will be said. */
  function isDecided(): boolean {
    return broken || cleared || mismatch !== null;
  }

  /** There are no more rows below that number: what is not there was dropped by retention or taken away. */
  function advanceTo(seq: number): void {
    if (!isDecided()) {
      release();
    }
    if (!isDecided()) {
      passOver(seq);
    }
  }

  /** The events up to there are missing: dropped by retention, with the tiles in their place, or taken away. */
  function passOver(seq: number): void {
    if (seq <= position) {
      return;
    }
    const dropped = purges.firstUncovered(position, seq) ?? seq;
    for (let at = position; at < seq; at += 1) {
      const leaf = loggedAt(at);
      if (at === dropped || leaf === null) {
        addContradiction(at, { what: "gap" });
        broken = true;
        return;
      }
      purged += 1;
      advance(leaf);
      if (mismatch !== null) {
        return;
      }
    }
  }

  return {
    get position() {
      return position;
    },
    get contradiction() {
      return contradiction;
    },
    get mismatch() {
      return mismatch;
    },
    get cleared() {
      return cleared;
    },
    get broken() {
      return broken;
    },
    get purged() {
      return purged;
    },
    recordFindings,
    get ambiguous() {
      return firstAmbiguous;
    },
    get withPayloads() {
      return withPayloads;
    },
    expect(logged, sizes) {
      loggedAt = logged;
      targets = sizes;
      nextTarget = 0;
      withPayloads = null;
    },
    row(row) {
      // Also of events that are not looked at any more: their payloads would count as missing.
      if ((row.lengths[PAYLOADS] ?? -1) >= 0) {
        withPayloads = widen(withPayloads, fieldOf(row, ID), fieldOf(row, TIMESTAMP).readBigInt64BE(0));
      }
      if (isDecided()) {
        return;
      }
      const seq = Number(fieldOf(row, SEQ).readBigInt64BE(0));
      if (held !== null && seq === position) {
        addDuplicate(seq);
        return;
      }
      advanceTo(seq);
      if (isDecided()) {
        return;
      }
      const actual = leafHash(fieldOf(row, CANONICAL));
      if (contradiction === null) {
        checkRow(row, actual);
      }
      held = actual;
    },
    advanceTo,
    skip(to, hashes) {
      tree.appendSubtrees(to, hashes);
      recent.skipTo(tree);
      purged += to - position;
      position = to;
    },
  };
}

function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes);
}
