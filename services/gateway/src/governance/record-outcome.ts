import { AuditError, type AuditLog, type AuditRecord, type RecordOptions } from "@sark/audit";

/**
 * Records how a call ended. What the database does not take waits in the spool (`spool`) or is left out (`open`), and
 * what it refuses for what the upstream server wrote is recorded without that. Rejects only when the spool fails, too.
 */
export async function recordOutcome(
  audit: Pick<AuditLog, "record">,
  record: AuditRecord,
  options: RecordOptions,
  whenDown: "spool" | "open",
): Promise<void> {
  try {
    await audit.record(record, { ...options, whenDown, deferrable: true });
  } catch (error) {
    if (!isContentRefused(error)) {
      throw error;
    }
    const spending = record.metadata?.["spending"];
    const metadata = {
      not_recorded: `${error.code}: message and result of the call were not storable`,
      // By it the call is charged.
      ...(spending === undefined ? {} : { spending }),
    };
    await audit.record({ ...record, metadata }, { whenDown, deferrable: true });
  }
}

/** Whether the log will not have a record for what it says, however often it is tried. */
export function isContentRefused(error: unknown): error is AuditError {
  return error instanceof AuditError && CONTENT_REFUSED.has(error.code);
}

const CONTENT_REFUSED: ReadonlySet<string> = new Set(["invalid_event", "record_refused"]);
