import type { z } from "zod";

/** What a value is by a schema: as the schema puts it out, or the first thing that is wrong with it. */
export type Validated<T> =
  | { readonly valid: true; readonly data: T }
  | {
      readonly valid: false;
      /** Where, as names and indexes joined by points; `null` for the value as a whole. */
      readonly field: string | null;
      readonly message: string;
    };

const NOT_VALID = "not valid";

/**
 * Validates a value that comes from outside. Unlike `safeParse`, it does not throw for any value: zod 4 compares the
 * `length` of whatever has one with its bounds, also of an object, and JSON can make one that JavaScript refuses to compare.
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown): Validated<z.output<S>> {
  try {
    return outcomeOf(schema.safeParse(value), value);
  } catch (error) {
    if (!(error instanceof TypeError && error.message.includes("to primitive value"))) {
      throw error;
    }
    // What could not be compared was no text and no list: the value is refused, whatever becomes of this one.
    const refused = outcomeOf(schema.safeParse(withComparableLengths(value)), value);
    return refused.valid ? { valid: false, field: null, message: NOT_VALID } : refused;
  }
}

function outcomeOf<T>(parsed: z.ZodSafeParseResult<T>, value: unknown): Validated<T> {
  if (parsed.success) {
    return { valid: true, data: parsed.data };
  }
  const issue = parsed.error.issues[0];
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : issue?.path;
  const field = path?.map(String).join(".") || null;
  if (issue?.code === "invalid_type") {
    const number = rawNumberAt(value, issue.path);
    if (number !== null) {
      return {
        valid: false,
        field,
        message: `${number} is no number that JavaScript has: too large, or with too many digits`,
      };
    }
  }
  return { valid: false, field, message: issue?.message ?? NOT_VALID };
}

const SHOWN_DIGITS = 30;

/**
 * The text of a number that was read without losing a digit (`JSON.rawJSON`), and so is an object: to say that an object was received
 * would not say what is wrong. `null` where there is something else.
 */
function rawNumberAt(value: unknown, path: readonly PropertyKey[]): string | null {
  let found = value;
  for (const key of path) {
    found = (Object(found) as Record<PropertyKey, unknown>)[key];
  }
  const { rawJSON: text } = Object(found) as { readonly rawJSON?: unknown };
  if (typeof text !== "string" || Object.getPrototypeOf(found) !== null || !/^-?\d/.test(text)) {
    return null;
  }
  return text.length > SHOWN_DIGITS ? `${text.slice(0, SHOWN_DIGITS)}…` : text;
}

/** A copy in which each `length` that is an object is one that compares, as false. */
function withComparableLengths(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      key === "length" && typeof member === "object" && member !== null
        ? {}
        : typeof member === "bigint"
          ? String(member)
          : member,
    ),
  );
}
