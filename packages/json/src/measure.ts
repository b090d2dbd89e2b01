import { closingQuote } from "@sark/audit/json";
import { isJsonObject, type Json } from "./json-value.ts";

/** What can be told about JSON text before parsing it. */
export interface Measure {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
  /** Members written in all its objects, duplicates included. */
  readonly members: number;
  /** Values of any kind, keys counted with them: what parsing and walking it costs. */
  readonly values: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Counts in one pass, without building anything: a depth bomb is found before the parser meets it.
 * The text may be malformed; the figures then mean nothing, and the parser says so.
 */
export function measureJson(text: string): Measure {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let values = 1;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = closingQuote(text, index);
        if (index < 0) {
          return { depth: deepest, members, values };
        }
        break;
      case COMMA:
        values += 1;
        break;
      case COLON:
        members += 1;
        values += 1;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        values += 1;
        if (depth > deepest) {
          deepest = depth;
        }
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      default:
    }
  }
  return { depth: deepest, members, values };
}

/** Members of a parsed value: fewer than were written when a key occurred twice. Recursive: bound the depth first. */
export function countMembers(value: Json): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) {
      count += countMembers(element);
    }
    return count;
  }
  if (!isJsonObject(value)) {
    return 0;
  }
  for (const key in value) {
    count += 1 + countMembers(value[key] ?? null);
  }
  return count;
}
