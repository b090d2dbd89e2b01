import { isJsonObject, readJson, UnreadableJson, type Json, type JsonObject } from "@sark/json";
import { placesOf, type Applied } from "./schema-places.ts";
import type { Types } from "./schema-types.ts";

/** As deep as requests may be, and as many values. What has more is not looked into. */
const BOUNDS = { maxDepth: 100, maxValues: 100_000 };

const OPENS = /^[ \t\r\n]*[[{]/;
const NULL = /^[ \t\r\n]*null[ \t\r\n]*$/;
/** What JSON has not, and Python reads in it all the same. */
const PYTHON_NUMBERS = /-?Infinity|NaN/g;

/**
 * The arguments as a server has them that takes texts for the JSON in them: the official Python SDK does so with each
 * argument that may be something else than a text, and finds lists, objects and `null` in it. `null` where that makes no
 * difference, `"unknown"` where it cannot be told what such a server reads. Only the arguments themselves are looked at,
 * not what is in them, as that SDK does. Call it for arguments that `differsFromSchema` has not found to differ.
 */
export function textsAsJson(given: JsonObject, schema: JsonObject): JsonObject | "unknown" | null {
  // Nearly all calls have none.
  if (!Object.values(given).some(mayBeJson)) {
    return null;
  }
  const places = placesOf(schema);
  const { applied } = places.root();
  let found = false;
  const read: [string, Json][] = [];
  for (const [key, value] of Object.entries(given)) {
    const inside =
      mayBeJson(value) && isNamed(applied, key) ? readText(value, places.member(applied, key).types) : null;
    if (inside === "unknown") {
      return "unknown";
    }
    found ||= inside !== null;
    read.push([key, inside === null ? value : inside.value]);
  }
  return found ? Object.fromEntries(read) : null;
}

function mayBeJson(value: Json): value is string {
  return typeof value === "string" && (OPENS.test(value) || NULL.test(value));
}

function isNamed(applied: Applied, key: string): boolean {
  return applied.some(({ properties = null }) => isJsonObject(properties) && Object.hasOwn(properties, key));
}

/** `null` for a text that is one in any case: another reading of it would not be valid, or there is none. */
function readText(text: string, types: Types): { readonly value: Json } | "unknown" | null {
  if (NULL.test(text)) {
    return types === null || types.has("null") ? { value: null } : null;
  }
  const kind = text.trimStart().startsWith("[") ? "array" : "object";
  if (types !== null && !types.has(kind)) {
    return null;
  }
  try {
    const { value, problem } = readJson(text, BOUNDS);
    return problem === null ? { value } : "unknown";
  } catch (error) {
    if (!(error instanceof UnreadableJson)) {
      throw error;
    }
    return error.kind === "not_json" && !isPythonJson(text) ? null : "unknown";
  }
}

function isPythonJson(text: string): boolean {
  try {
    JSON.parse(text.replaceAll(PYTHON_NUMBERS, "0"));
    return true;
  } catch {
    return false;
  }
}
