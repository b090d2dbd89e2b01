import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second of `/proc`, the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds, user and system, of a process and its children; `NaN` where there is no `/proc`. Those that ended do not count. */
export function treeCpuSeconds(root: number): number {
  if (!existsSync("/proc/self/stat")) {
    return Number.NaN;
  }
  let ticks = 0;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry);
    if (fields === null || (Number(entry) !== root && Number(fields[1]) !== root)) {
      continue;
    }
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS;
}

/** What follows the name in `/proc/PID/stat` (proc(5)): state, parent, …; `null` for a process that has ended. */
function statOf(pid: string): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
