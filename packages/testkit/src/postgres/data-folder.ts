import { chmodSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** On every Linux: a file system in memory. */
const MEMORY = "/dev/shm";
/** The databases of all tests that run at once are some 300 MB, and a server keeps up to 1 GB of its log. */
const ROOM = 2 * 1024 ** 3;

/**
 * A temporary folder for a server. What is not flushed need not be on a disk: in memory, where there is room, a copy of
 * a database takes a tenth of the processor time.
 */
export function makeDataFolder({ flushed }: { readonly flushed: boolean }): string {
  const folder = mkdtempSync(join(!flushed && hasRoom(MEMORY) ? MEMORY : tmpdir(), "sark-postgres-"));
  // A server that does not run as us has to get into it; else its data would be kept elsewhere, for good.
  chmodSync(folder, 0o755);
  return folder;
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}
