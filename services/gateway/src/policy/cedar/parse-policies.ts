import {
  policySetTextToParts,
  policyToJson,
  type DetailedError,
  type PolicyJson,
} from "@cedar-policy/cedar-wasm/nodejs";
import { lineAt, PolicyLoadError, throwAny } from "./load-error.ts";

/** One policy of a file, with what its annotations say about it. */
export interface ParsedPolicy {
  /** `@id("…")`, or `file.cedar#3` for the third of a file where there is none. */
  readonly id: string;
  readonly text: string;
  readonly json: PolicyJson;
  readonly file: string;
  /** 1-based line where it begins. */
  readonly line: number;
  /** `@reason("…")`: one sentence for people. */
  readonly reason: string | null;
  /** `@cache_seconds("…")`: how long a decision that rests on this policy may be kept. */
  readonly cacheSeconds: number | null;
}

const ID = /^[\w.:#/ -]{1,128}$/;

/** Throws `PolicyLoadError` for what Cedar cannot read, and for ids that do not identify: the first one of each file. */
export function parsePolicies(files: ReadonlyMap<string, string>): Map<string, ParsedPolicy> {
  const parsed = new Map<string, ParsedPolicy>();
  const errors: PolicyLoadError[] = [];
  for (const [file, text] of files) {
    try {
      addPolicies(parseFile(file, text), parsed);
    } catch (error) {
      if (!(error instanceof PolicyLoadError)) {
        throw error;
      }
      errors.push(error);
    }
  }
  throwAny(errors);
  return parsed;
}

function addPolicies(policies: readonly ParsedPolicy[], parsed: Map<string, ParsedPolicy>): void {
  for (const policy of policies) {
    const { id, file, line } = policy;
    const before = parsed.get(id);
    if (before !== undefined) {
      const problem = `the id "${id}" is taken by ${before.file}:${before.line}; give it another @id`;
      throw new PolicyLoadError({ file, line }, problem);
    }
    parsed.set(id, policy);
  }
}

function parseFile(file: string, text: string): ParsedPolicy[] {
  const parts = policySetTextToParts(text);
  if (parts.type === "failure") {
    throw loadError(file, text, 0, parts.errors);
  }
  const [template] = parts.policy_templates;
  if (template !== undefined) {
    const line = lineOf(text, text.indexOf(template));
    throw new PolicyLoadError({ file, line }, "templates cannot be linked here; write the policy out");
  }
  return inOrder(text, parts.policies).map((part, index) =>
    toPolicy(part.text, file, lineOf(text, part.at), index + 1),
  );
}

/** Cedar gives the parts in the order of their made-up ids ("policy10" before "policy2"). */
function inOrder(text: string, parts: readonly string[]): { text: string; at: number }[] {
  const searchedTo = new Map<string, number>();
  const placed = parts.map((part) => {
    const at = text.indexOf(part, searchedTo.get(part) ?? 0);
    searchedTo.set(part, at + 1);
    return { text: part, at };
  });
  return placed.toSorted((a, b) => a.at - b.at);
}

function toPolicy(text: string, file: string, line: number, position: number): ParsedPolicy {
  const parsed = policyToJson(text);
  if (parsed.type === "failure") {
    throw loadError(file, text, line - 1, parsed.errors);
  }
  const { id = `${file}#${position}`, reason, cache_seconds } = parsed.json.annotations ?? {};
  if (!ID.test(id)) {
    throw new PolicyLoadError(
      { file, line },
      `the id "${id}" must be 1 to 128 letters, digits or any of _ . : # / -`,
    );
  }
  if (cache_seconds !== undefined && !/^\d{1,6}$/.test(cache_seconds)) {
    throw new PolicyLoadError(
      { file, line },
      `@cache_seconds("${cache_seconds}") must be a number of seconds`,
    );
  }
  return {
    id,
    text,
    json: parsed.json,
    file,
    line,
    reason: reason ?? null,
    cacheSeconds: cache_seconds === undefined ? null : Number(cache_seconds),
  };
}

function lineOf(text: string, index: number): number {
  return lineAt(text, Buffer.byteLength(text.slice(0, Math.max(0, index))));
}

/** `linesBefore` those of the file that stand before `text`. */
export function loadError(
  file: string,
  text: string,
  linesBefore: number,
  errors: readonly DetailedError[],
): PolicyLoadError {
  const [first] = errors;
  const place = first?.sourceLocations?.[0];
  const line = place === undefined ? null : linesBefore + lineAt(text, place.start);
  const details = [first?.message ?? "cannot be read", place?.label, first?.help].filter(Boolean);
  return new PolicyLoadError({ file, line }, details.join("; "));
}
