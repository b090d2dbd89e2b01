import { AuditError } from "../../errors.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";

/**
 * What stands for the database of a spool that is drained: `log` gets the reason of each event once, at the place that is its number. Those
 * whose reason begins with "refused" it does not take.
 */
export function reasonDatabase(log: string[]): (batch: readonly AcceptedEvent[]) => (bigint | AuditError)[] {
  return (batch) =>
    batch.map(({ record: { reason } }) => {
      if (reason.startsWith("refused")) {
        return new AuditError("record_refused", "as a database does");
      }
      return BigInt(log.includes(reason) ? log.indexOf(reason) : log.push(reason) - 1);
    });
}
