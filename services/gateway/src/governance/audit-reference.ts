import type { RecordResult } from "@sark/audit";
import type { AuditReference } from "../domain/governance.ts";

/** What is kept nowhere cannot be proven: there is nothing to refer to. */
export function referenceOf(kept: RecordResult | null): AuditReference | null {
  if (kept === null || kept.kept === "nowhere") {
    return null;
  }
  const { id, seq, leafHash } = kept;
  return { id, seq: seq === null ? null : Number(seq), leafHash };
}
