import { hideCardNumbers, isCardNumber } from "../redaction/card-numbers.ts";
import { hideEmailAddresses } from "../redaction/email-addresses.ts";
import { hideInJsonText } from "../redaction/json-text.ts";
import { createSecretNameTest, REDACTED } from "../redaction/secret-names.ts";
import { createSecretPlaces, givesAway } from "../redaction/secret-places.ts";
import { createCleanStrings } from "./clean-strings.ts";
import { serializeError } from "./serialize-error.ts";

/** Bounds on one line, so that no caller's object can make it endless. */
const LIMITS = {
  /** Characters of one string. */
  string: 8_192,
  /** Characters of all strings of one line. */
  line: 65_536,
  /** Entries of one object or array. */
  entries: 100,
  /** Values in one line, at all depths. */
  values: 2_000,
  depth: 10,
} as const;

export interface SanitizeOptions {
  /** Further names of fields that hold secrets. */
  readonly secretKeys?: RegExp | undefined;
  /** Further shapes of secrets, matched against each string. */
  readonly secretPatterns?: readonly RegExp[] | undefined;
  /** Whether addresses of e-mail are hidden, too. Default: no. */
  readonly hideEmails?: boolean | undefined;
}

export type CleanRecord = Record<string, unknown>;

/** One line, as far as it can be made without its text. */
export interface SanitizedLine {
  readonly fields: CleanRecord;
  readonly message: string;
  /** Whether something in it may have the shape of a secret, so that the finished line must be scanned. */
  readonly suspect: boolean;
  /** What in it was not known to be clean. */
  readonly fresh: readonly string[];
}

export interface Sanitizer {
  /** The fields and message of one line as bounded plain JSON, without what stands under a secret's name. Never throws. */
  line(fields: Readonly<Record<string, unknown>>, message: string): SanitizedLine;
  /** The scan of the finished line found nothing: what was fresh in it need not be scanned in the next one. */
  scannedClean(fresh: readonly string[]): void;
}

/** Neither names nor any known shape of a secret have these letters alone; digests and ids do. */
const HEXADECIMAL = /^[0-9a-f-]*$/;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DIGEST = /^[0-9]{0,31}[a-f][0-9a-f]*$/;

/** The id of a request, event, trace or span, as nearly all strings are that are new: it is asked nothing more. */
function isId(text: string): boolean {
  switch (text.length) {
    case 36:
      return UUID.test(text);
    case 32:
    case 16:
      return DIGEST.test(text);
    default:
      return false;
  }
}

/** Makes a sanitizer; the shapes of known secrets are left to the scan of the finished line. */
export function createSanitizer(options: SanitizeOptions = {}): Sanitizer {
  const isSecretName = createSecretNameTest(options.secretKeys);
  const places = createSecretPlaces(isSecretName);
  const patterns = (options.secretPatterns ?? []).map(asGlobal);
  const { hideEmails = false } = options;
  const known = createCleanStrings();
  let characters = 0;
  let values = 0;
  let suspect = false;
  let fresh: string[] = [];

  function text(input: string): string {
    // Types ask for text; an untyped caller may bring anything.
    if (typeof input !== "string") {
      return "";
    }
    const isClean = (patterns.length === 0 && isId(input)) || known.has(input);
    if (isClean && input.length <= characters) {
      characters -= input.length;
      return input;
    }
    // Slack beyond the limit, so that a pattern still sees the whole of a secret that the cut goes through.
    const whole = input.length > LIMITS.line ? input : hideInJsonText(input, isSecretName, places);
    let shown = whole.length > LIMITS.string ? whole.slice(0, LIMITS.string + 512) : whole;
    shown = withoutPatterns(shown);
    const room = Math.max(0, Math.min(LIMITS.string, characters));
    if (shown.length > room) {
      shown = cut(shown, room, input.length);
    }
    characters -= shown.length;
    scanLater(shown, input);
    return shown;
  }

  function scanLater(shown: string, input: string): void {
    if (HEXADECIMAL.test(shown)) {
      return;
    }
    suspect = true;
    if (shown === input) {
      fresh.push(shown);
    }
  }

  /** What is found before the text is cut, and by its digits or letters alone. */
  function withoutPatterns(input: string): string {
    let shown = hideCardNumbers(input);
    if (hideEmails) {
      shown = hideEmailAddresses(shown);
    }
    for (const pattern of patterns) {
      shown = shown.replace(pattern, REDACTED);
    }
    return shown;
  }

  function clean(input: unknown, depth: number): unknown {
    if (--values < 0) {
      return "[too many values]";
    }
    switch (typeof input) {
      case "string":
        return text(input);
      case "number":
        return number(input);
      case "boolean":
      case "undefined":
        return input;
      case "bigint":
        return text(String(input));
      case "object":
        return input === null ? null : object(input, depth);
      default:
        return `[${typeof input}]`;
    }
  }

  function object(input: object, depth: number): unknown {
    if (depth > LIMITS.depth) {
      return "[too deep]";
    }
    if (input instanceof Error) {
      return object(serializeError(input), depth);
    }
    if (Array.isArray(input)) {
      return list(input, depth);
    }
    if (ArrayBuffer.isView(input)) {
      return `[${input.byteLength} bytes]`;
    }
    if (input instanceof Map || isHeaders(input)) {
      return record(Object.fromEntries(input as Map<string, unknown>), depth);
    }
    if (input instanceof Set) {
      return list([...input], depth);
    }
    const toJson = (input as { toJSON?: unknown }).toJSON;
    if (typeof toJson === "function") {
      return clean(toJson.call(input), depth + 1);
    }
    return record(input as Record<string, unknown>, depth);
  }

  function record(input: Readonly<Record<string, unknown>>, depth: number): CleanRecord {
    const output: CleanRecord = {};
    const keys = Object.keys(input);
    const isPairedSecret = places.isPairedSecret(input);
    for (const key of keys.length > LIMITS.entries ? keys.slice(0, LIMITS.entries) : keys) {
      const secret = isSecretName(key) || isPairedSecret(key);
      const value = secret ? hide(input[key]) : clean(input[key], depth + 1);
      const name = shownKey(key);
      if (name === "__proto__") {
        define(output, name, value);
      } else {
        output[name] = value;
      }
    }
    if (keys.length > LIMITS.entries) {
      output["…"] = `${keys.length - LIMITS.entries} more fields`;
    }
    return output;
  }

  /** Header lists alternate names and values: what follows a secret's name is hidden, too. */
  function list(input: readonly unknown[], depth: number): unknown[] {
    const shown = input.slice(0, LIMITS.entries);
    const output = shown.map((entry, i) => {
      return places.announcesSecret(shown[i - 1]) ? hide(entry) : clean(entry, depth + 1);
    });
    if (input.length > shown.length) {
      output.push(`… ${input.length - shown.length} more`);
    }
    return output;
  }

  /** A secret may be used as a key; its known shapes are found in the finished line. */
  function shownKey(key: string): string {
    if (known.has(key)) {
      return key;
    }
    const whole = withoutPatterns(key);
    const shown = whole.length > 128 ? cut(whole, 128, whole.length) : whole;
    scanLater(shown, key);
    return shown;
  }

  function readable(fields: Readonly<Record<string, unknown>>): CleanRecord {
    try {
      return record(fields, 0);
    } catch {
      // A getter or proxy that throws must not take the line, or its caller, with it.
      return { unreadable_fields: true };
    }
  }

  return {
    line(fields, message) {
      // A getter, or `toJSON`, may log a line of its own.
      const outer = { characters, values, suspect, fresh };
      characters = LIMITS.line;
      values = LIMITS.values;
      suspect = false;
      fresh = [];
      try {
        const shown = text(message);
        const clean = readable(fields);
        return { message: shown, fields: clean, suspect, fresh };
      } finally {
        ({ characters, values, suspect, fresh } = outer);
      }
    },
    scannedClean: (strings) => strings.forEach(known.remember),
  };
}

/** Smaller ones are asked nothing more: durations, sizes, times. */
const SMALLEST_CARD_NUMBER = 1e12;

function number(input: number): number | string {
  if (!Number.isFinite(input)) {
    return String(input);
  }
  return input >= SMALLEST_CARD_NUMBER && isCardNumber(String(input)) ? REDACTED : input;
}

function hide(value: unknown): unknown {
  return givesAway(value) ? REDACTED : value;
}

function cut(text: string, room: number, length: number): string {
  return `${text.slice(0, room)}… [${length - room} characters cut]`;
}

/** A caller's key `__proto__` must show like any other, and be no prototype. */
function define(output: CleanRecord, name: string, value: unknown): void {
  Object.defineProperty(output, name, { value, enumerable: true, writable: true, configurable: true });
}

function isHeaders(input: object): boolean {
  return typeof Headers !== "undefined" && input instanceof Headers;
}

function asGlobal(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`);
}
