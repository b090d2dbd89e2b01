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
  /**
   * The schema's rule at a fraction of its cost: it takes the same, and what has no canonical text or one that PostgreSQL
   * cannot hold, which is seen there. Without it the schema itself is asked.
   */
  accepts?(value: unknown): boolean;
  /** Characters that a text may have. */
  readonly maxLength?: number;
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

type Accepts = (value: unknown) => boolean;

function isText(minLength: number, maxLength: number): (value: unknown) => value is string {
  return (value): value is string =>
    typeof value === "string" && value.length >= minLength && value.length <= maxLength;
}

function orNone(accepts: Accepts): Accepts {
  return (value) => value === undefined || value === null || accepts(value);
}

// What the fields of the table are made of. Each limit keeps a line of the log readable.

export function text(maxLength: number) {
  return { column: "text", schema: storable(maxLength), accepts: isText(0, maxLength), maxLength } as const;
}

export function filledText(maxLength: number) {
  const schema = storable(maxLength).min(1);
  return { column: "text", schema, accepts: isText(1, maxLength), maxLength } as const;
}

export function optionalText(maxLength: number) {
  const schema = storable(maxLength).nullish();
  return { column: "text", schema, accepts: orNone(isText(0, maxLength)), maxLength } as const;
}

export function optionalFilledText(maxLength: number) {
  const schema = storable(maxLength).min(1).nullish();
  return { column: "text", schema, accepts: orNone(isText(1, maxLength)), maxLength } as const;
}

export function optionalName(maxLength: number) {
  const schema = storable(maxLength)
    .min(1)
    .refine(fitsIndex, { message: `must not be longer than ${MAX_NAME_BYTES} bytes` })
    .nullish();
  const isFilled = isText(1, maxLength);
  const accepts = orNone((value) => isFilled(value) && fitsIndex(value));
  return { column: "text", schema, accepts, maxLength } as const;
}

/** One of a closed list. */
export function choice<const V extends readonly [string, ...string[]]>(values: V) {
  return { column: "text", schema: z.enum(values), accepts: isOneOf(values), values } as const;
}

/** One of a closed list, and the value where none is given. */
export function choiceOr<const V extends readonly [string, ...string[]]>(values: V, otherwise: V[number]) {
  const isListed = isOneOf(values);
  return {
    column: "text",
    schema: z.enum(values).default(otherwise as never),
    accepts: (value: unknown) => value === undefined || isListed(value),
    values,
  } as const;
}

export function optionalChoice<const V extends readonly [string, ...string[]]>(values: V) {
  const schema = z.enum(values).nullish();
  return { column: "text", schema, accepts: orNone(isOneOf(values)), values } as const;
}

function isOneOf(values: readonly string[]): Accepts {
  return (value) => (values as readonly unknown[]).includes(value);
}

export function patternText(pattern: RegExp, message: string) {
  const accepts = (value: unknown): boolean => typeof value === "string" && pattern.test(value);
  return { column: "text", schema: z.string().regex(pattern, message), accepts } as const;
}

function isNumber(min: number, max: number): Accepts {
  return (value) => typeof value === "number" && value >= min && value <= max;
}

export function seconds(min: number, max: number) {
  return {
    column: "timestamptz",
    schema: z.number().min(min).max(max),
    accepts: isNumber(min, max),
  } as const;
}

export function optionalNumber(min: number) {
  const accepts = orNone(isNumber(min, Number.MAX_VALUE));
  return { column: "float8", schema: z.number().min(min).nullish(), accepts } as const;
}

function isJsonObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** Not `z.record`, which leaves out a key `__proto__`. */
const jsonObject = z.custom<Record<string, unknown>>(isJsonObject, "must be a JSON object");

/** A JSON object that survives the way to the database and back. */
const storableObject = jsonObject.superRefine((value, context) => {
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

export function metadata() {
  return {
    column: "jsonb",
    schema: storableObject.default({}),
    accepts: (value: unknown) =>
      value === undefined || (isJsonObject(value) && isShallow(value, MAX_METADATA_DEPTH)),
  } as const;
}

/** What a policy engine said of itself. */
const policySchema = z.strictObject({
  engine: storable(32),
  ids: z.array(storable(256)).max(64),
  revision: storable(256).nullable(),
});

const [isEngine, isPolicyId] = [isText(0, 32), isText(0, 256)];

function isPolicy(value: unknown): boolean {
  if (!isJsonObject(value) || Object.keys(value as object).length !== 3) {
    return false;
  }
  const { engine, ids, revision } = value as Partial<z.output<typeof policySchema>>;
  return (
    isEngine(engine) &&
    Array.isArray(ids) &&
    ids.length <= 64 &&
    ids.every(isPolicyId) &&
    (revision === null || isPolicyId(revision))
  );
}

export function optionalPolicy() {
  return { column: "jsonb", schema: policySchema.nullish(), accepts: orNone(isPolicy) } as const;
}
