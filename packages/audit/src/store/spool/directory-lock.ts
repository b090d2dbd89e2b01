import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

const heldHere = new Set<string>();

/**
 * Claims a folder for this process: two writers would tear each other's lines. A claim of a process that is gone is
 * taken over. Returns what gives the folder back, or `null` while another process has it.
 */
export function lockDirectory(directory: string): (() => void) | null {
  const file = join(directory, "lock");
  for (let attempt = 0; ; attempt += 1) {
    try {
      const descriptor = openSync(file, "wx", 0o600);
      writeSync(descriptor, identityOf(process.pid));
      closeSync(descriptor);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 3) {
        throw error;
      }
      if (isHeld(file)) {
        return null;
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

/** Pids repeat: after a crash of the machine another process may have it. Linux tells when each began. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold blanks and brackets; the start is the 22nd field, the 20th behind it.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${pid} ${start} ${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return String(pid);
  }
}

function isHeld(file: string): boolean {
  let owner: string;
  try {
    owner = readFileSync(file, "utf8");
  } catch {
    return false;
  }
  const pid = Number(owner.split(" ")[0]);
  // In a container the process has the same number after each start.
  if (pid === process.pid) {
    return heldHere.has(file);
  }
  if (!Number.isInteger(pid) || pid <= 0) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return !owner.includes(" ") || identityOf(pid) === owner;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
