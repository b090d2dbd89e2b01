import pg from "pg";
import { AuditError } from "../errors.ts";

/** A statement that the server refused leaves the connection usable; everything else does not. */
export function breaksConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || isFarewell(error.code);
}

/**
 * Classes 08 (connection) and 57P (shutdown, crash, cannot connect now), and 25006, read only: after a failover this
 * is no longer the server to write to, and a new connection finds the one that is. 25P03: we stood still in a transaction.
 */
function isFarewell(code: string | undefined): boolean {
  return code !== undefined && /^(?:08|57P|25006|25P03)/.test(code);
}

/** Statement or lock time-outs, and our own: it is not known what became of the statement. */
function isTimeout(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "57014" || code === "55P03" || /timeout/i.test(message ?? "");
}

export function toAuditError(error: unknown): AuditError {
  if (error instanceof AuditError) {
    return error;
  }
  return isTimeout(error)
    ? new AuditError("store_timeout", "The audit database did not respond in time.", { cause: error })
    : new AuditError("store_unavailable", "The audit database is not available.", { cause: error });
}
