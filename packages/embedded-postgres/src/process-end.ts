import { waitUntil } from "@sark/observability/waiting";

/** Resolves when the process has ended; for one that is no child of ours, whose end can only be polled. */
export async function untilEnded(pid: number, signal?: AbortSignal): Promise<void> {
  await waitUntil(() => hasEnded(pid), { everyMs: 20, signal });
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
