import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** SIGKILL, and resolves when the process has ended; at once where it never ran or has ended already. */
export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
