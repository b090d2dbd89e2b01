import { mkdirSync, readdirSync } from "node:fs";
import { lockFolder } from "@sark/observability/files";
import { AuditError } from "../../errors.ts";
import { isSegment } from "./segment-file.ts";

export interface ClaimedDirectory {
  readonly directory: string;
  /** The outermost folder that had to be made for it; its name is not durable yet. */
  readonly made: string | undefined;
  release(): void;
}

/**
 * Claims `directory`, or one of its `alternatives` (`DIRECTORY-2`, `DIRECTORY-3`, …) where other processes use it. A
 * folder in which an ended process left records comes first, so that they reach the database. Throws
 * `invalid_settings` when every folder is in use.
 */
export function claimDirectory(directory: string, alternatives: number): ClaimedDirectory {
  const folders = [
    directory,
    ...Array.from({ length: alternatives }, (_, index) => `${directory}-${index + 2}`),
  ];
  const full = folders.filter(holdsSegments);
  const empty = folders.filter((folder) => !full.includes(folder));
  for (const folder of [...full, ...empty]) {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    const release = lockFolder(folder);
    if (release !== null) {
      return { directory: folder, made, release };
    }
  }
  throw new AuditError(
    "invalid_settings",
    `The spool folder ${directory} is in use; give each replica a folder of its own.`,
  );
}

function holdsSegments(folder: string): boolean {
  try {
    return readdirSync(folder).some(isSegment);
  } catch {
    return false;
  }
}
