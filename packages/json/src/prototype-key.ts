import { isJsonObject, type Json } from "./json-value.ts";

/** The key itself, or an escape by which it could be spelt. */
const MAYBE_PROTOTYPE_KEY = /__proto__|\\u/;

/**
 * Whether an object within has the key `__proto__`, which some readers take for the object's prototype. Recursive: bound the depth first.
 *
 * @param text what the value was parsed from
 */
export function hasPrototypeKey(value: Json, text: string): boolean {
  return MAYBE_PROTOTYPE_KEY.test(text) && hasIt(value);
}

function hasIt(value: Json): boolean {
  if (Array.isArray(value)) {
    return value.some(hasIt);
  }
  return isJsonObject(value) && (Object.hasOwn(value, "__proto__") || Object.values(value).some(hasIt));
}
