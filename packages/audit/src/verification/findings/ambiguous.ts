import type { Finding } from "./finding.ts";

/** Of an event that is the one that was logged, and that two readers may read in two ways. */
export function ambiguous(seq: number, id: string | null): Finding {
  const message = `Event ${id} at seq ${seq} is the one that was logged, and none that this log writes: its bytes are not canonical JSON, so that two readers may see two events.`;
  return { kind: "ambiguous", seq, id, message };
}
