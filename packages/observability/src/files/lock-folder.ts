import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Stays in the folder for good: who removed it could lock another file of the same name. */
const LOCK_FILE = "folder.lock";

/** SQLite's code for "another connection holds the lock". https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

/** A lock that nothing refers to would be collected as garbage, and end. */
const held = new Set<DatabaseSync>();

/**
 * Makes the caller the only one on a folder that exists. Returns what gives the folder back, or `null` while another
 * process, or other code of this one, has it. Throws when the folder cannot be written to, or its file system has no
 * locks.
 *
 * The lock is the operating system's, on the file `folder.lock`, which stays empty. It ends with the process that holds
 * it, however that ends, and holds between containers that share a volume: what a file with a process id can not promise
 * (ids repeat, and in containers all are 1), and a socket neither (volumes that hold none, and a moment in which two
 * remove a dead one). Node has no call for such a lock; its SQLite has.
 */
export function lockFolder(folder: string): (() => void) | null {
  const file = join(folder, LOCK_FILE);
  createEmpty(file);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) {
      return null;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} cannot be locked: ${reason}`, { cause });
  }
  held.add(lock);
  return () => {
    if (held.delete(lock)) {
      lock.close();
    }
  };
}

/**
 * For its owner alone: who can open it can hold it. An existing one is not opened: closing it again would end a lock that
 * this process has on it (POSIX: a process loses its locks on a file when it closes any descriptor of it).
 */
function createEmpty(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) {
    return;
  }
  try {
    closeSync(openSync(file, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
  }
}
