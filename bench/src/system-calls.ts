import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How often a process called the system, by the name of the call. */
export type SystemCalls = ReadonlyMap<string, number>;

/** What a process, with its threads, asks of the system while `work` runs. */
export async function countSystemCalls(pid: number, work: () => Promise<unknown>): Promise<SystemCalls> {
  return parseCounts(await strace(pid, ["-c"], work));
}

/** The table of `strace -c`: share, seconds, microseconds a call, calls, errors where there are any, name. */
export function parseCounts(table: string): SystemCalls {
  const counts = new Map<string, number>();
  for (const line of table.split("\n")) {
    const row = /^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(\w+)$/.exec(line);
    if (row !== null && row[2] !== "total") {
      counts.set(row[2] ?? "", Number(row[1]));
    }
  }
  return counts;
}

/**
 * What strace(1) writes of a process and its threads while `work` runs; it has to be installed and allowed to attach. It slows the
 * process down: counts are right, times are not.
 */
export async function strace(
  pid: number,
  options: readonly string[],
  work: () => Promise<unknown>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sark-strace-"));
  const file = join(folder, "output");
  try {
    const process = spawn("strace", ["-f", ...options, "-o", file, "-p", String(pid)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(process, "exit");
    await attached(process.stderr, ended);
    try {
      await work();
    } finally {
      process.kill("SIGINT");
      await ended;
    }
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rejects with what strace said where it ends instead. */
async function attached(stderr: NodeJS.ReadableStream, ended: Promise<unknown>): Promise<void> {
  let said = "";
  const isAttached = new Promise<void>((resolve) => {
    stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (/ attached\b/.test(said)) {
        resolve();
      }
    });
  });
  const failed = ended.then(() => {
    throw new Error(`strace ended: ${said}`);
  });
  await Promise.race([isAttached, failed]);
  failed.catch(() => undefined);
}
