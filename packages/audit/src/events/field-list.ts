import type { ColumnType, Field } from "./field-types.ts";
import { FIELDS, type FieldName } from "./fields.ts";

export interface NamedField extends Field {
  readonly name: FieldName;
  /** Its place in the table. */
  readonly at: number;
}

/** The table of fields as a list, in its order. */
export const FIELD_LIST: readonly NamedField[] = Object.entries<Field>(FIELDS).map(([name, field], at) => ({
  ...field,
  name: name as FieldName,
  at,
}));

/** In the order of RFC 8785, by UTF-16 code units: as they stand in the canonical text. */
export const CANONICAL_ORDER: readonly NamedField[] = FIELD_LIST.toSorted((a, b) =>
  a.name < b.name ? -1 : 1,
);

/** Name and type of each column that repeats a field, in the order of the table. */
export const FIELD_COLUMNS: readonly (readonly [name: FieldName, type: ColumnType])[] = FIELD_LIST.map(
  ({ name, column }) => [name, column],
);
