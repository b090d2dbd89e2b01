import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../files/replace-file.ts";
import type { LogName } from "./log-names.ts";

/** How far a log is shipped, and what became of the lines before that. */
export interface ShippingPosition {
  /** The first line that is not settled. */
  readonly next: number;
  readonly acknowledged: number;
  /** Refused for good. */
  readonly setAside: number;
  /** Gone before they could be shipped. */
  readonly purged: number;
}

/**
 * `null` when there is none yet. One that is damaged is put out of the way: to ship lines again is better than to skip
 * some, or not to start. Throws when the file cannot be read.
 */
export function loadPosition(directory: string, log: LogName): ShippingPosition | null {
  const path = positionPath(directory, log);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const position = parsePosition(text);
  if (position !== null) return position;
  renameSync(path, `${path}.damaged`);
  process.stderr.write(`logging: ${path} is damaged; its log is shipped from the oldest line again\n`);
  return null;
}

/** Resolves when the position would survive a crash. */
export function savePosition(directory: string, log: LogName, position: ShippingPosition): Promise<void> {
  return replaceFile(positionPath(directory, log), `${JSON.stringify(position)}\n`);
}

function positionPath(directory: string, log: LogName): string {
  return join(directory, `${log}.position`);
}

function parsePosition(text: string): ShippingPosition | null {
  try {
    const { next, acknowledged, setAside, purged } = JSON.parse(text) as Partial<ShippingPosition>;
    return isCount(next) && isCount(acknowledged) && isCount(setAside) && isCount(purged)
      ? { next, acknowledged, setAside, purged }
      : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
