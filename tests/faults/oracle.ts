import { readFileSync } from "node:fs";
import type { RecordResult } from "@sark/audit";

/** What an acknowledgement obliges the log to. */
export interface Obligation {
  readonly id: string;
  /** `null` for what was spooled: it stands somewhere, once. */
  readonly seq: string | null;
  readonly leafHash: string;
}

export function oracleLine({ id, seq, leafHash }: RecordResult): string {
  return `${id} ${seq ?? "-"} ${leafHash}\n`;
}

/** The caller was told that the outcome of this call is kept nowhere. */
export function refusedLine(intentId: string, code: string): string {
  return `refused ${intentId} ${code}\n`;
}

/** Calls whose callers were told so, with the code of the error. */
export function readRefused(file: string): { readonly intentId: string; readonly code: string }[] {
  const lines = readFileSync(file, "utf8").matchAll(/^refused (\S+) (\S+)$/gm);
  return [...lines].map(([, intentId = "", code = ""]) => ({ intentId, code }));
}

/** The process ended its calls by itself: each of them has an outcome, or its caller knows that it has none. */
export function finishedLine(pid: number): string {
  return `finished ${pid}\n`;
}

/** Ids of the processes that were not killed. */
export function readFinished(file: string): number[] {
  const lines = readFileSync(file, "utf8").matchAll(/^finished (\d+)$/gm);
  return [...lines].map(([, pid]) => Number(pid));
}

/** A last line without its end was being written when its producer was killed: no caller was told of it. */
export function readOracle(file: string): Obligation[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .filter((line) => !/^(?:finished|refused) /.test(line))
    .map((line) => {
      const [id = "", seq = "", leafHash = ""] = line.split(" ");
      return { id, seq: seq === "-" ? null : seq, leafHash };
    });
}
