import { z } from "zod";
import { canonicalJson } from "../json/canonical-json.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { isShallow } from "../json/shallow.ts";
import { MAX_METADATA_DEPTH } from "./event-limits.ts";

/** The PostgreSQL type of a field's column. Of `jsonb` the canonical JSON stands in the event's text. */
export type ColumnType = "uuid" | "text" | "timestamptz" | "float8" | "jsonb";

/** One field of an event. */
export interface Field {
  /** Who says it: the caller of `logGatewayEvent` (AUD-1), only the service through `record`, or the log itself. */
  readonly by: "caller" | "service" | "log";
  readonly column: ColumnType;
  /** Of a record; for what the log itself says, of the event. */
  readonly schema: z.ZodType;
  /** Characters that a text may have. */
  readonly maxLength?: number;
  /** Whether an index has to hold it. */
  readonly isIndexed?: true;
  /** A closed list. */
  readonly values?: readonly string[];
  /** Whether queries may ask for it. */
  readonly filter?: true;
}

/** In JSON text, the escape of NUL or of half a surrogate pair; a backslash that is itself escaped begins none. */
export const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** Four such names have to fit into one entry of an index (migration 0005), which has 2,704 bytes at most. */
const MAX_NAME_BYTES = 512;

export function fitsIndex(name: string): boolean {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return name.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** Text that PostgreSQL can hold: no NUL, and no half of a surrogate pair. */
function storable(limit: number): z.ZodString {
  return z
    .string()
    .max(limit)
    .refine((value) => !value.includes("\u0000") && value.isWellFormed(), {
      message: "must not contain NUL or unpaired surrogates",
    });
}

// What the fields of the table are made of. Each limit keeps a line of the log readable.

export function text(maxLength: number) {
  return { column: "text", schema: storable(maxLength), maxLength } as const;
}

export function filledText(maxLength: number) {
  return { column: "text", schema: storable(maxLength).min(1), maxLength } as const;
}

export function optionalText(maxLength: number) {
  return { column: "text", schema: storable(maxLength).nullish(), maxLength } as const;
}

export function optionalFilledText(maxLength: number) {
  return { column: "text", schema: storable(maxLength).min(1).nullish(), maxLength } as const;
}

export function optionalName(maxLength: number) {
  const schema = storable(maxLength)
    .min(1)
    .refine(fitsIndex, { message: `must not be longer than ${MAX_NAME_BYTES} bytes` })
    .nullish();
  return { column: "text", schema, maxLength, isIndexed: true } as const;
}

/** One of a closed list. */
export function choice<const V extends readonly [string, ...string[]]>(values: V) {
  return { column: "text", schema: z.enum(values), values } as const;
}

export function optionalChoice<const V extends readonly [string, ...string[]]>(values: V) {
  return { column: "text", schema: z.enum(values).nullish(), values } as const;
}

/** Not `z.record`, which leaves out a key `__proto__`. */
const jsonObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value),
  "must be a JSON object",
);

/** A JSON object that survives the way to the database and back. */
export const storableObject = jsonObject.superRefine((value, context) => {
  if (!isShallow(value, MAX_METADATA_DEPTH)) {
    context.addIssue({
      code: "custom",
      message: `must not be nested deeper than ${MAX_METADATA_DEPTH} levels`,
    });
    return;
  }
  let json: string;
  try {
    // Unlike `JSON.stringify`, it does not make `null` of what is no number.
    json = canonicalJson(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: `must be a JSON object: ${(error as Error).message}` });
    return;
  }
  if (UNSTORABLE.test(json)) {
    context.addIssue({ code: "custom", message: "must not contain NUL or unpaired surrogates" });
  }
});

/** What a policy engine said of itself. */
export const policySchema = z.strictObject({
  engine: storable(32),
  ids: z.array(storable(256)).max(64),
  revision: storable(256).nullable(),
});
