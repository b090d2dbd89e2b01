import { readdirSync, readFileSync } from "node:fs";

/** What a process takes of its machine. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Open file descriptors. */
  readonly descriptors: number;
}

export function processFigures(pid: number): ProcessFigures {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { memory: Number(resident) * 1_024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** Processor time of the main thread so far, in milliseconds. */
export function mainThreadTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}
