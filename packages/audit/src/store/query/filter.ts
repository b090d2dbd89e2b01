import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { AuditError } from "../../errors.ts";
import { FIELD_LIST } from "../../events/field-list.ts";
import type { FieldName, Fields } from "../../events/fields.ts";

const name = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => !text.includes("\u0000") && text.isWellFormed(), {
    message: "must not contain NUL or unpaired surrogates",
  });
/** PostgreSQL would refuse the year 0 and offsets of 16 hours, and read the rest in the same way. */
const time = z
  .union([z.date().transform((date) => date.toISOString()), z.iso.datetime({ offset: true })])
  .transform(toUtc)
  .refine((text) => /^(?!0000)\d{4}-/.test(text), { message: "must be a time of the years 1 to 9999" });

/** Fields that queries may ask for. */
type FilterName = {
  [K in FieldName]: Fields[K] extends { readonly filter: true } ? K : never;
}[FieldName];
type Wanted<K extends FilterName> = Fields[K] extends { readonly values: readonly (infer V)[] } ? V : string;

/** A field of a closed list is asked for by one of its values, others by their text. */
const fields = Object.fromEntries(
  FIELD_LIST.filter(({ filter }) => filter === true).map((field) => [
    field.name,
    (field.values === undefined ? name : z.enum(field.values as [string, ...string[]])).optional(),
  ]),
) as unknown as { [K in FilterName]: z.ZodOptional<z.ZodType<Wanted<K>, Wanted<K>>> };

const filterShape = z.strictObject({
  ...fields,
  /** When the event happened: from, inclusive, to, exclusive. RFC 3339 or `Date`. */
  from: time.optional(),
  to: time.optional(),
});
/** An empty page for times that were given the wrong way round would pass for "nothing happened". */
const filterSchema = filterShape.refine(
  ({ from, to }) => from === undefined || to === undefined || from < to,
  {
    path: ["to"],
    message: "must be later than from",
  },
);

/** What to look for; all that is given must hold. */
export type EventFilter = z.input<typeof filterSchema>;
/** Its times are RFC 3339 in UTC with microseconds, which sort as text. */
export type ValidFilter = z.output<typeof filterSchema>;

function toUtc(text: string): string {
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  const date = new Date(text.replace(/\.\d+/, ""));
  if (Number.isNaN(date.getTime())) {
    return "";
  }
  // Beyond the year 9999 it has a sign and six digits, which the check of the years refuses.
  return `${date.toISOString().slice(0, -5)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

/** Throws `invalid_query` naming the first field at fault. */
export function parseFilter(filter: unknown): ValidFilter {
  const checked = validate(filterSchema, filter);
  if (checked.valid) {
    return checked.data;
  }
  const field = checked.field ?? "filter";
  throw new AuditError("invalid_query", `${field}: ${checked.message}`, { field });
}

/** SQL for a filter, its parameters starting at `$1`. */
export interface Conditions {
  readonly sql: readonly string[];
  readonly values: readonly unknown[];
  /** Several fields must have given values, of which no index finds all. */
  readonly isConjunction?: boolean;
}

export function toConditions(filter: ValidFilter): Conditions {
  const sql: string[] = [];
  const values: unknown[] = [];
  let fields = 0;
  for (const [field, value] of Object.entries(filter)) {
    if (value === undefined) {
      continue;
    }
    values.push(value);
    if (field === "from") {
      sql.push(`"timestamp" >= $${values.length}::timestamptz`);
    } else if (field === "to") {
      sql.push(`"timestamp" < $${values.length}::timestamptz`);
    } else {
      sql.push(`"${field}" = $${values.length}`);
      fields += 1;
    }
  }
  return { sql, values, isConjunction: fields > 1 };
}
