import { createCompactRange, type CompactRange } from "../../transparency-log/tree/compact-range.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { between } from "../findings/between.ts";
import type { Finding } from "../findings/finding.ts";
import type { TrustedCheckpoint } from "../trust/check-checkpoint.ts";
import type { CheckedMemory } from "../trust/check-memory.ts";
import { haveWitnessInCommon } from "../trust/have-witness-in-common.ts";
import { formatMemory } from "../trust/tree-memory.ts";
import { createTreeWatch, type Window } from "../trust/tree-watch.ts";
import { createExportDoubt, type ExportDoubt } from "./export-doubt.ts";
import type { ExportLine } from "./export-format.ts";

/** The tree over an export's events, held against the trees that were signed and the one that is remembered. */
export interface ExportTree {
  /** All that was added. */
  readonly range: CompactRange;
  /** The last size at which it was the tree that was signed. */
  readonly good: number;
  /** Adds the next event by the bytes that it has; `isAltered`: its line says another leaf hash. */
  event(line: ExportLine & { type: "event" }): { readonly leaf: Uint8Array; readonly isAltered: boolean };
  /** Passes over events by the hashes that stand for them. Throws where they are not the right number. */
  skip(line: ExportLine & { type: "skip" }): void;
  /** What is wrong at a checkpoint of the tree's present size. */
  checkSigned(checkpoint: TrustedCheckpoint): Finding | null;
  /** To be called after each line: what is wrong once the export has passed the size of the remembered tree. */
  checkRemembered(): Finding | null;
  /** What is wrong with an export that ends here, before the size of the remembered tree. */
  checkEnd(): Finding | null;
  /** What is to be remembered where this is the newest checkpoint. */
  memoryOf(newest: TrustedCheckpoint): string;
}

export function createExportTree({ checkpoint: memory, subtrees }: CheckedMemory): ExportTree {
  const watch = createTreeWatch(subtrees);
  const range = createCompactRange(0, watch.onSubtree);
  let doubt: ExportDoubt | null = null;
  let good = 0;
  // The same, by checkpoints that a thief of the log's key cannot have signed anew, up to the remembered tree.
  let vouched = 0;
  let unseen = memory !== null && memory.size > 0 ? memory : null;

  function compare(root: Uint8Array, different: () => Finding): Finding | null {
    return Buffer.compare(range.root(), root) === 0
      ? (doubt?.ofLine ?? null)
      : (doubt?.ofEvent(root) ?? different());
  }

  /** What is remembered of the tree may tell the place more closely. */
  function narrowed(from: number, to: number): Window {
    const { window } = watch;
    return { from: Math.max(from, window?.from ?? 0), to: Math.min(to, window?.to ?? to) };
  }

  function notAsSigned(size: number): Finding {
    const { from, to } = narrowed(good, size);
    const message = `The events do not lead to the tree of ${size} that was signed: the first that is not what was logged lies ${between(from, to)}.`;
    return { kind: "altered", seq: from, before: to, id: null, message };
  }

  function forked({ size }: TrustedCheckpoint, before: number): Finding {
    const { from, to } = narrowed(vouched, before);
    const message = `The export is not a continuation of the remembered tree of ${size} events: its history was rewritten, first ${between(from, to)}.`;
    return { kind: "fork", seq: from, before: to, id: null, message };
  }

  return {
    range,
    get good() {
      return good;
    },
    event(line) {
      const leaf = leafHash(line.bytes);
      const isAltered = Buffer.compare(leaf, line.leaf) !== 0;
      if (isAltered) {
        doubt ??= createExportDoubt(line, leaf, range);
      }
      doubt?.claim(line.leaf);
      range.append(leaf);
      return { leaf, isAltered };
    },
    skip({ to, hashes }) {
      doubt?.claimSubtrees(to, hashes);
      range.appendSubtrees(to, hashes);
    },
    checkSigned(checkpoint) {
      const { root, size } = checkpoint;
      const finding = compare(root, () => notAsSigned(size));
      if (finding === null) {
        good = size;
        vouched = haveWitnessInCommon(checkpoint, memory) ? size : vouched;
        watch.seal(range);
      }
      return finding;
    },
    checkRemembered() {
      if (unseen === null || range.end < unseen.size) {
        return null;
      }
      const passed = unseen;
      unseen = null;
      if (range.end === passed.size) {
        return compare(passed.root, () => forked(passed, passed.size));
      }
      if (watch.window !== null) {
        return forked(passed, watch.window.to);
      }
      const message = `The export leaves out where the remembered tree of ${passed.size} events ends: that it continues it cannot be shown.`;
      return { kind: "fork", seq: null, id: null, message };
    },
    checkEnd() {
      if (unseen === null) {
        return null;
      }
      if (watch.window !== null) {
        return forked(unseen, watch.window.to);
      }
      const message = `The export ends at seq ${range.end - 1}; a tree of ${unseen.size} events was remembered.`;
      return { kind: "rollback", seq: range.end, id: null, message };
    },
    memoryOf: ({ size, verified }) => formatMemory({ note: verified.note, subtrees: watch.sealed(size) }),
  };
}
