import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { AuditError } from "../../errors.ts";

const heldHere = new Set<string>();

/**
 * Claims a folder for this process: two writers would tear each other's lines. A claim of a process that is gone is
 * taken over. Throws `invalid_settings` while another one lives. Returns what gives the folder back.
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, "lock");
  for (let attempt = 0; ; attempt += 1) {
    try {
      const descriptor = openSync(file, "wx", 0o600);
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 3) throw error;
      if (isHeld(file)) {
        throw new AuditError(
          "invalid_settings",
          `The spool folder ${directory} is in use; give each replica a folder of its own.`,
        );
      }
      unlinkSync(file);
    }
  }
  heldHere.add(file);
  return () => {
    heldHere.delete(file);
    unlinkSync(file);
  };
}

function isHeld(file: string): boolean {
  let pid: number;
  try {
    pid = Number(readFileSync(file, "utf8"));
  } catch {
    return false;
  }
  // In a container the process has the same number after each start.
  if (pid === process.pid) return heldHere.has(file);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
