import { canonicalNumber } from "./decimal.ts";
import { quote } from "./quote.ts";
import { isRawNumber } from "./raw-number.ts";

/** Deeper is nothing but what contains itself. */
const MAX_DEPTH = 100_000;

/** Deeper, an engine's stack might end. */
const MAX_ALIKE_DEPTH = 16;

/** An object or a list of which a part is written. */
interface Open {
  readonly members: Readonly<Record<string, unknown>>;
  /** In order; `null` for a list. */
  readonly keys: readonly string[] | null;
  readonly length: number;
  next: number;
  /** What stands before the next member. */
  separator: "," | "";
}

/**
 * RFC 8785 (JCS), extended to numbers that no double holds, which keep their digits (`canonicalNumber`): equal values
 * have equal texts and different ones different texts. As in `JSON.stringify`, `toJSON` counts, and members that are
 * `undefined` are left out. Any depth is written; it is not recursive.
 *
 * Throws a `TypeError` for what is no JSON, for NaN, infinities and lone surrogates, and a `RangeError` for what
 * contains itself.
 */
export function canonicalJson(value: unknown): string {
  // Takes an eighth of the memory and three quarters of the time, for what is made in this order already.
  if (isWrittenAlike(value, MAX_ALIKE_DEPTH)) {
    return JSON.stringify(value);
  }
  const root = begin(value);
  if (typeof root === "string") {
    return root;
  }
  if (root === undefined) {
    throw new TypeError(`a value of type ${typeof value} is no JSON`);
  }
  let text = root.keys === null ? "[" : "{";
  const stack = [root];
  for (let open: Open | undefined = root; open !== undefined;) {
    if (open.next === open.length) {
      text += open.keys === null ? "]" : "}";
      stack.pop();
      open = stack.at(-1);
      continue;
    }
    const at = open.next;
    open.next += 1;
    const key = open.keys?.[at];
    const member = begin(open.members[key ?? at]);
    if (member === undefined && key !== undefined) {
      continue;
    }
    text += key === undefined ? open.separator : `${open.separator}${writeString(key)}:`;
    open.separator = ",";
    if (typeof member === "object") {
      if (stack.length === MAX_DEPTH) {
        throw new RangeError("a value contains itself");
      }
      text += member.keys === null ? "[" : "{";
      stack.push(member);
      open = member;
    } else {
      text += member ?? "null";
    }
  }
  return text;
}

/**
 * Whether `JSON.stringify` writes the same: members are in order, and all is plain. Allocates nothing; what it does not know
 * is none.
 */
function isWrittenAlike(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return true;
    case "object":
      return value === null || (levels > 0 && areWrittenAlike(value, levels - 1));
    default:
      return false;
  }
}

function areWrittenAlike(value: object, levels: number): boolean {
  if (Array.isArray(value)) {
    return !("toJSON" in value) && value.every((member) => isWrittenAlike(member, levels));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || isRawNumber(value)) {
    return false;
  }
  const members = value as Readonly<Record<string, unknown>>;
  let last = "";
  // Of such objects these are its own. `Object.keys` would make a list.
  for (const key in members) {
    if (key < last || !key.isWellFormed() || !isWrittenAlike(members[key], levels)) {
      return false;
    }
    last = key;
  }
  return true;
}

/** The text of a scalar, `undefined` for what has none, or the object or list that has to be written. */
function begin(value: unknown): string | Open | undefined {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) {
        throw new TypeError(`${value} is no JSON value`);
      }
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : beginObject(value);
    case "bigint":
      throw new TypeError("a bigint is no JSON value");
    default:
      return undefined;
  }
}

function beginObject(value: object): string | Open | undefined {
  const members = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(value)) {
    return { members, keys: null, length: value.length, next: 0, separator: "" };
  }
  if (isRawNumber(value)) {
    return writeRaw(value.rawJSON);
  }
  if (typeof members["toJSON"] === "function") {
    return begin(members["toJSON"]());
  }
  const keys = sorted(Object.keys(value));
  return { members, keys, length: keys.length, next: 0, separator: "" };
}

/** Few are sorted in place: `sort` makes lists of its own, which was a twentieth of what a governed call allocated. */
const FEW = 24;

/** By UTF-16 code units, as RFC 8785 asks. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > FEW) {
    return keys.sort();
  }
  for (let end = 1; end < keys.length; end += 1) {
    const key = keys[end] as string;
    let at = end;
    for (; at > 0 && (keys[at - 1] as string) > key; at -= 1) {
      keys[at] = keys[at - 1] as string;
    }
    keys[at] = key;
  }
  return keys;
}

function writeString(value: string): string {
  if (!value.isWellFormed()) {
    throw new TypeError("a text in it has half a surrogate pair");
  }
  return quote(value);
}

/** `JSON.rawJSON` takes any primitive, in any spelling. */
function writeRaw(text: string): string | Open | undefined {
  return /^[-\d]/.test(text) ? canonicalNumber(text) : begin(JSON.parse(text));
}
