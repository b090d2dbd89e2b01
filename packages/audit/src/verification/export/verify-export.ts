import { checkMemory } from "../trust/check-memory.ts";
import type { Trust } from "../trust/check-checkpoint.ts";
import { VerificationError } from "../errors.ts";
import { createExportCheck } from "./export-check.ts";
import { checkSize, concludeVerification, type Verification } from "../findings/verification.ts";
import { readLines } from "./read-lines.ts";

/** The export to verify, the keys that are trusted, and what is remembered of the log. */
export interface ExportVerificationOptions extends Trust {
  /** The export's bytes, e.g. a file's stream. */
  readonly input: AsyncIterable<Uint8Array>;
  /** `memory` of the last verification, or the note of its checkpoint. */
  readonly remembered?: string | null;
  /** Nothing may be left out but what retention dropped. Without it, a part or a selection is as good. */
  readonly complete?: boolean;
  /** Events read. Called for every few thousand of them. */
  progress?(done: number): void;
}

const PROGRESS_EVERY = 10_000;

/**
 * Verifies an export without its log: that each event is the one that was signed, at its place, and that none is missing
 * between them. Memory does not grow with the export. Rejects with `not_an_export` for what is none.
 */
export async function verifyExport(options: ExportVerificationOptions): Promise<Verification> {
  const { input, progress } = options;
  const remembered = checkMemory(options.remembered ?? null, options);
  const check = createExportCheck({ trust: options, remembered, complete: options.complete ?? false });
  let lines = 0;
  let ended: boolean;
  try {
    ended = await readLines(input, (line) => {
      lines += 1;
      if (progress !== undefined && lines % PROGRESS_EVERY === 0) {
        progress(check.events);
      }
      return check.line(line);
    });
  } catch (cause) {
    if (cause instanceof VerificationError) {
      throw cause;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VerificationError("not_an_export", `Cannot read the export: ${reason}`, { cause });
  }
  if (lines === 0) {
    throw new VerificationError("not_an_export", "The export is empty.");
  }
  check.end(ended);
  const findings = [...check.findings];
  if (findings.length === 0) {
    findings.push(...checkSize(check.newest?.size ?? 0, options.atLeast ?? 0));
  }
  return concludeVerification({
    events: check.covered,
    uncovered: 0,
    purged: check.purged,
    skipped: check.skipped,
    unsignedRecords: check.unsignedRecords,
    checkpoint: check.newest?.verified ?? null,
    memory: check.memory,
    findings,
  });
}
