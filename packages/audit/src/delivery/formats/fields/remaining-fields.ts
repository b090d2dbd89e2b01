import type { AuditEvent } from "../../../events/audit-event.ts";
import { FIELD_LIST } from "../../../events/field-list.ts";
import type { FieldName } from "../../../events/fields.ts";

/**
 * Writes the fields that a format has no place of its own for, as they are and where they are known: first those that
 * are named, in that order, then every field of the table that the format does not place elsewhere.
 */
export function remainingFields(
  named: readonly FieldName[],
  elsewhere: readonly FieldName[],
): (event: AuditEvent) => Partial<AuditEvent> {
  const others = FIELD_LIST.map(({ name }) => name).filter(
    (name) => !named.includes(name) && !elsewhere.includes(name),
  );
  const names = [...named, ...others];
  return (event) => {
    const fields: Partial<Record<FieldName, unknown>> = {};
    for (const name of names) {
      if (event[name] !== undefined) {
        fields[name] = event[name];
      }
    }
    return fields as Partial<AuditEvent>;
  };
}
