import { AuditError } from "@sark/audit";
import type { McpCall, Refusal } from "../domain/governance.ts";

/** Plumbing of a session is authorized each time, and recorded only when denied; who opens one is recorded. */
export function isAudited({ kind, method }: McpCall): boolean {
  return kind !== "session" || method === "initialize";
}

/** A call whose record cannot be kept does not go on; the caller is told why, without details of the store. */
export function refusalReason(error: unknown): Refusal {
  const overloaded = error instanceof AuditError && error.code === "overloaded";
  return {
    allowed: false,
    audit: null,
    code: overloaded ? "audit_overloaded" : "audit_unavailable",
    reason: overloaded
      ? "The audit store has more records waiting than it may; try again shortly."
      : "The audit store cannot record this call, so it was not made; try again later.",
  };
}
