import type { CedarValueJson } from "@cedar-policy/cedar-wasm/nodejs";
import { isJsonObject, isRawNumber, type Json, type JsonObject, type RawNumber } from "@sark/json";
import type { ContextAccess } from "./context-access.ts";

/** Cedar reads these keys as references and function calls, wherever they come from. */
const RESERVED_KEY = /^__+(?:entity|extn|expr)$/;

/** Cedar's parser stops at 128 levels; what lies deeper than this is handed over as JSON text. */
const MAX_DEPTH = 32;
/** Cedar needs 10 µs and more for each value, in the gateway's own thread. */
const MAX_VALUES = 2_000;
const MAX_TEXT = 256 * 1024;

/** JSON's `null`, for which Cedar has no value of its own. */
const NULL_ENTITY = { type: "Json", id: "null" } as const;

/** The request cannot be put before Cedar, which decides it: it is denied. */
export class UndecidableInputError extends Error {
  override readonly name = "UndecidableInputError";
}

/** Counts what is handed to Cedar for one request. */
export interface Allowance {
  values: number;
  text: number;
}

export function newAllowance(): Allowance {
  return { values: MAX_VALUES, text: MAX_TEXT };
}

/**
 * A JSON value as Cedar sees it: nothing is dropped, and nothing that a caller sends can become anything
 * but data. Integers of 64 bits are Long, other numbers `decimal` where that is exact and text where not, `null` is
 * `Json::"null"`, arrays are sets (Cedar has no lists), and reserved keys gain an underscore.
 * Throws `UndecidableInputError` for what is too large or is no valid Unicode.
 */
export function toCedarValue(value: Json, allowance: Allowance, depth = 0): CedarValueJson {
  spend(allowance, 1, 0);
  if (value === null) {
    return { __entity: NULL_ENTITY };
  }
  if (typeof value === "string") {
    return text(value, allowance);
  }
  if (typeof value === "number") {
    return fromNumber(value);
  }
  if (typeof value === "boolean") {
    return value;
  }
  if (isRawNumber(value)) {
    return fromRawNumber(value, allowance);
  }
  if (depth >= MAX_DEPTH) {
    return text(jsonText(value), allowance);
  }
  if (Array.isArray(value)) {
    return value.map((item) => toCedarValue(item, allowance, depth + 1));
  }
  return fromObject(value, allowance, depth);
}

function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new UndecidableInputError("it is nested too deep");
  }
}

/** As much of a value as policies name. */
export function toVisibleValue(value: Json, access: ContextAccess, allowance: Allowance): CedarValueJson {
  if (access.whole || !isJsonObject(value)) {
    // Where only its presence is asked for, what it is does not matter.
    return access.whole || access.fields.size > 0 ? toCedarValue(value, allowance) : true;
  }
  const record = emptyRecord();
  for (const [name, inner] of access.fields) {
    const key = unescapeKey(name);
    if (key === null || !Object.hasOwn(value, key)) {
      continue;
    }
    spend(allowance, 1, name.length);
    record[name] = toVisibleValue(value[key] as Json, inner, allowance);
  }
  return record;
}

/** The same choice as `toVisibleValue` makes, as JSON: what a decision can depend on. */
export function visiblePart(value: Json, access: ContextAccess): Json {
  if (access.whole || !isJsonObject(value)) {
    return access.whole || access.fields.size > 0 ? value : true;
  }
  const part = emptyRecord() as JsonObject;
  for (const [name, inner] of access.fields) {
    const key = unescapeKey(name);
    if (key !== null && Object.hasOwn(value, key)) {
      part[key] = visiblePart(value[key] as Json, inner);
    }
  }
  return part;
}

function fromObject(value: JsonObject, allowance: Allowance, depth: number): CedarValueJson {
  const record = emptyRecord();
  for (const key of Object.keys(value)) {
    const name = RESERVED_KEY.test(key) ? `_${key}` : key;
    record[text(name, allowance)] = toCedarValue(value[key] as Json, allowance, depth + 1);
  }
  return record;
}

/** Without a prototype, a key `__proto__` is a key like any other. */
function emptyRecord(): Record<string, CedarValueJson> {
  return Object.create(null) as Record<string, CedarValueJson>;
}

/** The caller's key that policies know by this name; `null` where there can be none. */
export function unescapeKey(name: string): string | null {
  if (!RESERVED_KEY.test(name)) {
    return name;
  }
  return name.startsWith("___") ? name.slice(1) : null;
}

function text(value: string, allowance: Allowance): string {
  spend(allowance, 0, value.length);
  if (!value.isWellFormed()) {
    throw new UndecidableInputError("a text in it is not valid Unicode");
  }
  return value;
}

function fromNumber(value: number): CedarValueJson {
  const digits = String(value);
  return isLong(digits) ? value : fromDigits(digits);
}

/** Long has 64 bits, more than a double: Cedar is given the digits themselves. */
function fromRawNumber(value: RawNumber, allowance: Allowance): CedarValueJson {
  const digits = text(value.rawJSON, allowance);
  return isLong(digits) ? (value as unknown as CedarValueJson) : fromDigits(digits);
}

function isLong(digits: string): boolean {
  return /^-?\d{1,19}$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}

/** Cedar's `decimal` has 64 bits, too, of which 14 digits before the point are sure to fit. */
function fromDigits(digits: string): CedarValueJson {
  return /^-?\d{1,14}\.\d{1,4}$/.test(digits) ? { __extn: { fn: "decimal", arg: digits } } : digits;
}

function spend(allowance: Allowance, values: number, characters: number): void {
  allowance.values -= values;
  allowance.text -= characters;
  if (allowance.values < 0) {
    throw new UndecidableInputError(`it has more than ${MAX_VALUES} values`);
  }
  if (allowance.text < 0) {
    throw new UndecidableInputError(`it has more than ${MAX_TEXT} characters`);
  }
}
