import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second of `/proc`, the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds, user and system, of a process and all below it; `NaN` where there is no `/proc`. Those that ended do not count. */
export function treeCpuSeconds(root: number): number {
  if (!existsSync("/proc/self/stat")) {
    return Number.NaN;
  }
  const children = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(entry);
    if (fields !== null) {
      const [pid, parent] = [Number(entry), Number(fields[1])];
      children.set(parent, [...(children.get(parent) ?? []), pid]);
      ticks.set(pid, Number(fields[11]) + Number(fields[12]));
    }
  }
  const ofTree = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + ofTree(child), ticks.get(pid) ?? 0);
  return ofTree(root) / TICKS;
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
