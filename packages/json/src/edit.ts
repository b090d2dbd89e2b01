import { isJsonObject, isRawNumber, type Json } from "./json-value.ts";
import { elementRanges, memberRanges, skipBlank, type Range } from "./ranges.ts";

/** New values by key, as JSON text; `null` removes the member. */
export type MemberChanges = Readonly<Record<string, string | null>>;

/**
 * Text of the object at `range` with some members replaced, added or removed. Everything else is copied
 * as it was written, so numbers that JavaScript cannot hold keep every digit.
 */
export function editObject(text: string, range: Range, changes: MemberChanges): string {
  const missing = new Set(Object.keys(changes));
  const parts: string[] = [];
  for (const member of memberRanges(text, range.start)) {
    const change = Object.hasOwn(changes, member.key) ? changes[member.key] : undefined;
    missing.delete(member.key);
    if (change === undefined) {
      parts.push(text.slice(member.keyStart, member.end));
    } else if (change !== null) {
      parts.push(`${JSON.stringify(member.key)}:${change}`);
    }
  }
  for (const key of missing) {
    const change = changes[key];
    if (typeof change === "string") {
      parts.push(`${JSON.stringify(key)}:${change}`);
    }
  }
  return `{${parts.join(",")}}`;
}

/** Text of the object at `range` with one more member, whose key it must not have; none of the others is looked at. */
export function addMember(text: string, range: Range, key: string, value: string): string {
  const rest = skipBlank(text, range.start + 1);
  const comma = text[rest] === "}" ? "" : ",";
  return `{${JSON.stringify(key)}:${value}${comma}${text.slice(rest, range.end)}`;
}

/** Where the value of `key` stands in the object at `range`, or `null`. The last one counts, as for the parser. */
export function findMember(text: string, range: Range, key: string): Range | null {
  return memberRanges(text, range.start).findLast((member) => member.key === key) ?? null;
}

/**
 * Writes `value`, which was derived from `original`, reusing the original text at `range` wherever the two
 * are equal: what a policy did not touch keeps every digit that it was written with.
 */
export function renderDerived(value: Json, original: Json, text: string, range: Range): string {
  if (isSame(value, original)) {
    return text.slice(range.start, range.end);
  }
  if (isJsonObject(value) && isJsonObject(original)) {
    const members = new Map(memberRanges(text, range.start).map((member) => [member.key, member]));
    const parts = Object.entries(value).map(([key, item]) => {
      const member = members.get(key);
      const rendered =
        member === undefined
          ? JSON.stringify(item)
          : renderDerived(item, original[key] ?? null, text, member);
      return `${JSON.stringify(key)}:${rendered}`;
    });
    return `{${parts.join(",")}}`;
  }
  if (Array.isArray(value) && Array.isArray(original)) {
    const elements = elementRanges(text, range.start);
    const parts = value.map((item, index) => {
      const element = elements[index];
      return element === undefined
        ? JSON.stringify(item)
        : renderDerived(item, original[index] ?? null, text, element);
    });
    return `[${parts.join(",")}]`;
  }
  return JSON.stringify(value);
}

function isSame(left: Json, right: Json): boolean {
  if (left === right) {
    return true;
  }
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => isSame(item, right[index] ?? null))
    );
  }
  if (isRawNumber(left)) {
    return isRawNumber(right) && left.rawJSON === right.rawJSON;
  }
  if (!isJsonObject(left) || !isJsonObject(right)) {
    return false;
  }
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key] ?? null, right[key] ?? null))
  );
}
