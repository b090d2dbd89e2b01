/** Any JSON value, as parsed. */
export type Json = null | boolean | number | RawNumber | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A number that no double holds, by its digits; made and written by `JSON.rawJSON`, read by `parseJson` of `@sark/audit`. */
export interface RawNumber {
  readonly rawJSON: string;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** An object to `typeof`, but a number: it has no members. */
export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === "object" && JSON.isRawJSON(value);
}

const PLAIN = { writable: true, enumerable: true, configurable: true };

/** A copy that lacks these members. */
export function without(object: JsonObject, keys: readonly string[]): JsonObject {
  const rest: JsonObject = {};
  for (const key of Object.keys(object)) {
    if (keys.includes(key)) {
      continue;
    }
    if (key === "__proto__") {
      // Assigned, it would be no member.
      Object.defineProperty(rest, key, { value: object[key], ...PLAIN });
    } else {
      rest[key] = object[key] as Json;
    }
  }
  return rest;
}
