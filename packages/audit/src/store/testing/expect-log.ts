import { expect } from "vitest";
import { readLog } from "./records.ts";

/** `seq` runs from 0 without a gap, no id stands there twice, and each of the acknowledged ones stands there. */
export async function expectGapless(url: string, acknowledged: readonly string[]): Promise<void> {
  const { seqs, ids } = await readLog(url);
  expect(seqs).toEqual(seqs.map((_seq, index) => index));
  const stored = new Set(ids);
  expect(stored.size).toBe(ids.length);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
}
