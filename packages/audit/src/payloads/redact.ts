import {
  createSecretNameTest,
  createSecretPlaces,
  givesAway,
  hideInJsonText,
  REDACTED,
  redactText,
} from "@sark/observability/redaction";
import { isRawNumber } from "../json/raw-number.ts";
import { viewSchema, type SchemaView } from "./sensitive-schema.ts";

/** What counts as a secret in payloads, in addition to what every payload is redacted by. */
export interface RedactionRules {
  /** Names of further keys whose values are hidden, in addition to the usual ones (password, token, …). */
  readonly keys?: RegExp;
  /** Further shapes of secrets within strings, in addition to the usual ones (JWT, bearer tokens, private keys, …). */
  readonly patterns?: readonly RegExp[];
}

/** Hides secrets of a JSON value: by key, by what the tool's schema marks, and by pattern. The value is not changed. */
export type Redact = (value: unknown, schema: unknown) => { readonly value: unknown; readonly count: number };

/** Deeper values are hidden whole. */
const MAX_DEPTH = 100;
/**
 * Values and characters that are looked at of one payload; what lies beyond is hidden. Callers choose
 * how much there is, and all other calls wait meanwhile: these take some 100 ms at worst.
 */
const MAX_VALUES = 20_000;
const MAX_CHARACTERS = 256 * 1024;

export function createRedact(rules: RedactionRules = {}): Redact {
  const isSecretName = createSecretNameTest(rules.keys);
  const places = createSecretPlaces(isSecretName);
  const patterns = (rules.patterns ?? []).map(
    (pattern) =>
      new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`),
  );

  return (value, schema) => {
    let count = 0;
    let values = MAX_VALUES;
    let characters = MAX_CHARACTERS;

    function hide(): string {
      count += 1;
      return REDACTED;
    }

    function hideSecret(node: unknown): unknown {
      return givesAway(node) ? hide() : node;
    }

    function text(original: string): string {
      if (original.length > characters) {
        return hide();
      }
      characters -= original.length;
      const given = original.toWellFormed();
      let clean = redactText(hideInJsonText(given, isSecretName, places));
      for (const pattern of patterns) {
        clean = clean.replace(pattern, REDACTED);
      }
      if (clean !== given) {
        count += 1;
      }
      return clean;
    }

    function copy(node: unknown, marks: SchemaView, depth: number): unknown {
      if (node === undefined) {
        return undefined;
      }
      if (marks.sensitive || depth > MAX_DEPTH) {
        return hide();
      }
      if (typeof node === "string") {
        return text(node);
      }
      if (typeof node !== "object" || node === null || isRawNumber(node)) {
        return node;
      }
      if (Array.isArray(node)) {
        if (node.length > values) {
          return hide();
        }
        values -= node.length;
        return node.map((item, index) =>
          places.announcesSecret(node[index - 1])
            ? hideSecret(item)
            : copy(item, marks.item(index), depth + 1),
        );
      }
      const entries = Object.entries(node);
      if (entries.length > values) {
        return hide();
      }
      values -= entries.length;
      const isPairedSecret = places.isPairedSecret(node as Record<string, unknown>);
      const shown: Record<string, unknown> = Object.create(null);
      let repeated = 1;
      for (const [key, child] of entries) {
        const isSecret = isSecretName(key) || isPairedSecret(key);
        const cleanKey = text(key);
        let shownKey = cleanKey;
        // Secrets can be keys, too: two that are hidden must not become one.
        while (shownKey in shown) {
          shownKey = `${cleanKey} ${(repeated += 1)}`;
        }
        shown[shownKey] = isSecret ? hideSecret(child) : copy(child, marks.property(key), depth + 1);
      }
      return shown;
    }

    return { value: copy(value, viewSchema(schema), 0), count };
  };
}
