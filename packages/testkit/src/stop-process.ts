import { readdirSync, readFileSync } from "node:fs";

/**
 * SIGSTOP, and returns when every thread of the process stands still: the signal alone is only sent, and a busy
 * process may respond once more before it arrives. (Where there is no /proc, the signal has to do.)
 */
export function stopProcess(pid: number): void {
  try {
    process.kill(pid, "SIGSTOP");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") {
      return;
    }
    throw error;
  }
  while (!standsStill(pid)) {
    Atomics.wait(IDLE, 0, 0, 1);
  }
}

const IDLE = new Int32Array(new SharedArrayBuffer(4));

function standsStill(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
      // The state follows the name, which stands in parentheses and may hold anything.
      return "TtZX".includes(stat.charAt(stat.lastIndexOf(")") + 2));
    });
  } catch {
    return true;
  }
}
