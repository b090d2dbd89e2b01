import { canonicalJson, parseJson } from "@sark/audit/json";
import { REDACTED } from "@sark/observability/redaction";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { PolicyCase, PolicyCaseResult, UnknownFact } from "../../domain/policy-sets.ts";
import type { ContextAccess } from "../cedar/context-access.ts";
import { evaluate, seenTime } from "../cedar/evaluate.ts";
import type { PolicySet } from "../cedar/policy-set.ts";
import { visiblePart } from "../cedar/to-cedar-value.ts";

/** Decisions of candidates are not kept. */
const NOT_KEPT = 0;

/** One query put before a set that is not in force; what it can see and is not known makes it no question. */
export function evaluateCase(one: PolicyCase, set: PolicySet, name: string): PolicyCaseResult {
  const context = parseJson(one.context, "any") as JsonObject;
  const fact = one.unknown.find((unknown) => sees(set, unknown)) ?? doubtful(one, context, set);
  if (fact !== null) {
    return { kind: "unknown", fact };
  }
  const query = { ...one.query, context };
  const decision = evaluate(query, set, { name, decisionTtlSeconds: NOT_KEPT, time: seenTime(one.time) });
  const { allow, code, reason, policies, revision } = decision;
  return { kind: "decided", allow, code, reason, policies, revision };
}

/** Whether its decisions can depend on it. Every set sees the principal. */
function sees({ references }: PolicySet, fact: UnknownFact): boolean {
  const { context } = references;
  switch (fact) {
    case "principal":
      return true;
    case "arguments":
      return context.whole || context.fields.has("parameters");
    case "params":
      return context.whole || context.fields.has("params");
    case "context":
      return context.whole || [...context.fields.keys()].some((field) => !OWN_FIELDS.has(field));
    // It is no attribute of the entity.
    case "scope":
      return false;
    case "envelope":
      return context.whole || seesBelow(context, ["params", "_meta"]);
  }
}

/** Fields of the context that are never a caller's own. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["method", "parameters", "gateway_metadata", "time"]);

function seesBelow(access: ContextAccess, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) {
    return true;
  }
  const inner = access.fields.get(name);
  return inner !== undefined && (inner.whole || seesBelow(inner, rest));
}

/** Values that records have in place of what was sent. */
function doubtful(
  { fidelity }: PolicyCase,
  context: JsonObject,
  set: PolicySet,
): "redacted" | "replaced_text" | null {
  if (fidelity === "as_sent") {
    return null;
  }
  const access = set.references.context;
  const seen = canonicalJson(visiblePart(context, access));
  // A hidden key may be one that policies name, or that looks like it.
  const seesAny = access.whole || access.fields.size > 0;
  if (fidelity === "redacted" && seesAny && (seen.includes(REDACTED) || hasHiddenKey(context))) {
    return "redacted";
  }
  return seen.includes("\u{FFFD}") ? "replaced_text" : null;
}

function hasHiddenKey(value: Json): boolean {
  if (Array.isArray(value)) {
    return value.some(hasHiddenKey);
  }
  return (
    isJsonObject(value) &&
    Object.entries(value).some(([key, inner]) => key.includes(REDACTED) || hasHiddenKey(inner))
  );
}
