import { createSecretKeyTest, REDACTED, redactText } from "@sark/observability";
import { viewSchema, type SchemaView } from "./sensitive-schema.ts";

export interface RedactionRules {
  /** Names of further keys whose values are hidden, beside the usual ones (password, token, …). */
  readonly keys?: RegExp;
  /** Further shapes of secrets within strings, beside the usual ones (JWT, bearer tokens, private keys, …). */
  readonly patterns?: readonly RegExp[];
}

/** Hides secrets of a JSON value: by key, by what the tool's schema marks, and by pattern. The value is not changed. */
export type Redact = (value: unknown, schema: unknown) => { readonly value: unknown; readonly count: number };

/** Deeper values are hidden whole. */
const MAX_DEPTH = 100;

export function createRedact(rules: RedactionRules = {}): Redact {
  const isSecretKey = createSecretKeyTest(rules.keys);
  const patterns = (rules.patterns ?? []).map(
    (pattern) =>
      new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`),
  );

  return (value, schema) => {
    let count = 0;

    function hide(): string {
      count += 1;
      return REDACTED;
    }

    function text(original: string): string {
      let clean = redactText(original.toWellFormed());
      for (const pattern of patterns) clean = clean.replace(pattern, REDACTED);
      if (clean !== original.toWellFormed()) count += 1;
      return clean;
    }

    function copy(node: unknown, marks: SchemaView, depth: number): unknown {
      if (node === undefined) return undefined;
      if (marks.sensitive || depth > MAX_DEPTH) return hide();
      if (typeof node === "string") return text(node);
      if (Array.isArray(node)) return node.map((item, index) => copy(item, marks.item(index), depth + 1));
      if (typeof node !== "object" || node === null) return node;
      return Object.fromEntries(
        Object.entries(node).map(([key, child]) => [
          key.toWellFormed(),
          isSecretKey(key) && child !== undefined ? hide() : copy(child, marks.property(key), depth + 1),
        ]),
      );
    }

    return { value: copy(value, viewSchema(schema), 0), count };
  };
}
