import { AuditError, type AuditErrorCode } from "../../errors.ts";
import type { Sensitivity } from "../../events/record.ts";

/**
 * What becomes of a record while the database takes none. `closed`: the caller gets the error, and the call must not
 * go on. `spool`: it is kept on the disk, and goes to the database later. `open`: the call goes on without a record.
 */
export const WHEN_DOWN = ["closed", "spool", "open"] as const;
/** One of `WHEN_DOWN`. */
export type WhenDown = (typeof WHEN_DOWN)[number];

/** The mode for each sensitivity; a record without one counts as critical. */
export type WhenDownPolicy = Readonly<Partial<Record<Sensitivity, WhenDown>>>;

/** A record without a sensitivity counts as critical. */
export function whenDownFor(policy: WhenDownPolicy, sensitivity: Sensitivity | null | undefined): WhenDown {
  return policy[sensitivity ?? "critical"] ?? "closed";
}

const DOWN: ReadonlySet<AuditErrorCode> = new Set(["store_unavailable", "store_timeout", "overloaded"]);

/** Is this a failure that the mode is for? A record that is refused for what it says is not kept by any. */
export function isDown(error: unknown): error is AuditError {
  return error instanceof AuditError && DOWN.has(error.code);
}

/** Throws `invalid_settings` when a level is to be spooled and there is no spool. */
export function checkWhenDown(policy: WhenDownPolicy, hasSpool: boolean): void {
  const spooled = Object.entries(policy).find(([, mode]) => mode === "spool");
  if (spooled !== undefined && !hasSpool) {
    throw new AuditError(
      "invalid_settings",
      `Records of sensitivity "${spooled[0]}" are to be spooled, but no spool is set; name its folder.`,
    );
  }
}
