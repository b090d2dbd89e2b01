import { METADATA_BOUNDS } from "./metadata-bounds.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Few enough that neither members nor values can be too many. */
const MAX_MEMBERS = METADATA_BOUNDS.members;
const LONGEST_NUMBER = 15;

/**
 * Whether what begins at `start` is metadata of the shape that nearly all have: one object of strings, whole numbers and
 * words under sorted keys in lower case, without escapes. These are within all bounds, which one pass tells at a fifth of
 * the time that `metadataExcess` takes. Nothing is said of others: they may be within the bounds or not.
 */
export function isPlainMetadata(text: string, start: number): boolean {
  const end = endOfPlainObject(text, start);
  if (end === -1) {
    return false;
  }
  const escape = text.indexOf("\\", start);
  return escape === -1 || escape >= end;
}

function endOfPlainObject(text: string, start: number): number {
  if (text.charCodeAt(start) !== OPENING) {
    return -1;
  }
  let at = start + 1;
  if (text.charCodeAt(at) === CLOSING) {
    return at + 1;
  }
  let previous = "";
  for (let members = 1; members <= MAX_MEMBERS; members += 1) {
    const keyEnd = endOfKey(text, at);
    if (keyEnd === -1) {
      return -1;
    }
    const key = text.slice(at + 1, keyEnd);
    // Sorted (RFC 8785), so that no key can be there twice.
    if (key <= previous || isReserved(key)) {
      return -1;
    }
    previous = key;
    at = endOfValue(text, keyEnd + 2);
    const code = text.charCodeAt(at);
    if (code === CLOSING) {
      return at + 1;
    }
    if (code !== COMMA) {
      return -1;
    }
    at += 1;
  }
  return -1;
}

function isReserved(key: string): boolean {
  return key.startsWith("sark_") || key === "constructor" || key === "prototype";
}

/** The index of the quote after a key that begins at `start`; -1 when it is not a plain one, or no colon follows. */
function endOfKey(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE || !isLetter(text.charCodeAt(start + 1))) {
    return -1;
  }
  const last = start + METADATA_BOUNDS.keyCharacters + 1;
  for (let at = start + 2; at <= last; at += 1) {
    const code = text.charCodeAt(at);
    if (isLetter(code) || isDigit(code) || code === UNDERSCORE) {
      continue;
    }
    return code === QUOTE && text.charCodeAt(at + 1) === COLON ? at : -1;
  }
  return -1;
}

/** The index after a string, a whole number or a word that begins at `start`; -1 for anything else. */
function endOfValue(text: string, start: number): number {
  const code = text.charCodeAt(start);
  if (code === QUOTE) {
    const end = text.indexOf('"', start + 1);
    return end === -1 ? -1 : end + 1;
  }
  if (code === MINUS || isDigit(code)) {
    return endOfNumber(text, code === MINUS ? start + 1 : start);
  }
  if (text.startsWith("true", start) || text.startsWith("null", start)) {
    return start + 4;
  }
  return text.startsWith("false", start) ? start + 5 : -1;
}

function endOfNumber(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) {
    at += 1;
  }
  if (at === start || at - start > LONGEST_NUMBER) {
    return -1;
  }
  return at - start > 1 && text.charCodeAt(start) === ZERO ? -1 : at;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
