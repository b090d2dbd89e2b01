import { z } from "zod";
import { documentedAs } from "@sark/http-api";
import { isJsonObject, isRawNumber, type Json, type JsonObject } from "@sark/json";

export const MAX_ATTRIBUTES_BYTES = 4_096;
const MAX_DEPTH = 8;

/** An object of any members, within bounds. PostgreSQL keeps no NUL and no half of a surrogate pair. */
export const attributesSchema = documentedAs(
  z.custom<JsonObject>((value) => attributesProblem(value as Json) === null, {
    error: ({ input }) => attributesProblem(input as Json) ?? "is not valid",
  }),
  {
    type: "object",
    description: `Further members, of up to ${MAX_ATTRIBUTES_BYTES} bytes of JSON, with all digits of numbers, and ${MAX_DEPTH} levels`,
  },
);

function attributesProblem(value: Json): string | null {
  if (typeof value !== "object" || value === null || !isJsonObject(value)) {
    return "must be an object";
  }
  return (
    problemWithin(value, 1) ??
    (Buffer.byteLength(JSON.stringify(value)) + zerosWithin(value) > MAX_ATTRIBUTES_BYTES
      ? `must be of up to ${MAX_ATTRIBUTES_BYTES} bytes`
      : null)
  );
}

/** PostgreSQL writes `1e999` as a thousand digits: what is short as it came must not be long as it is read. */
function zerosWithin(value: Json): number {
  if (typeof value === "number" || isRawNumber(value)) {
    const [, exponent = "0"] = JSON.stringify(value).toLowerCase().split("e");
    return Math.abs(Number(exponent));
  }
  return typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>((sum, one: Json) => sum + zerosWithin(one), 0)
    : 0;
}

function problemWithin(value: Json, depth: number): string | null {
  if (typeof value === "string") {
    return textProblem(value);
  }
  if (depth > MAX_DEPTH) {
    return typeof value === "object" && value !== null ? `must have up to ${MAX_DEPTH} levels` : null;
  }
  if (Array.isArray(value)) {
    return first(value, (one) => problemWithin(one, depth + 1));
  }
  if (typeof value === "object" && value !== null && isJsonObject(value)) {
    return first(Object.entries(value), ([key, one]) => textProblem(key) ?? problemWithin(one, depth + 1));
  }
  return null;
}

function textProblem(text: string): string | null {
  return text.includes("\0") || !text.isWellFormed() ? "must not contain NUL, or half of a character" : null;
}

function first<T>(values: readonly T[], problemOf: (value: T) => string | null): string | null {
  for (const value of values) {
    const problem = problemOf(value);
    if (problem !== null) {
      return problem;
    }
  }
  return null;
}
