import { readdirSync, readlinkSync, realpathSync } from "node:fs";

/**
 * Processes that work in the cluster's folder, as every process of a PostgreSQL server does: what a killed server left.
 * Empty where the system has no `/proc`, or hides them.
 */
export function findPredecessors(directory: string): number[] {
  try {
    const folder = realpathSync(directory);
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && workingDirectory(name) === folder)
      .map(Number);
  } catch {
    return [];
  }
}

function workingDirectory(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
