import { isJsonObject, isRawNumber, type Json, type JsonObject } from "@sark/json";
import { OpaFault } from "./opa-client.ts";

/** What a decision document says, checked. */
export interface OpaResponse {
  readonly allow: boolean;
  readonly reason: string | null;
  readonly policies: readonly string[] | null;
  readonly filteredParameters: JsonObject | null;
  readonly cacheTtlSeconds: number | null;
  readonly decisionId: string | null;
  readonly revision: string | null;
}

const MAX_POLICIES = 32;
const MAX_TEXT = 1_000;

/** Throws `OpaFault` for whatever is no decision: nothing is guessed. */
export function readResponse(response: unknown, path: string): OpaResponse {
  const document = readDocument(response, path);
  const { allow, filtered_parameters: filtered = null, cache_ttl: stated = null } = document;
  // However many digits a division in rego gave it.
  const ttl = isRawNumber(stated) ? Number(stated.rawJSON) : stated;
  if (typeof allow !== "boolean") {
    const problem = `OPA's document at ${path} has no boolean \`allow\`; give it a \`default allow := false\``;
    throw new OpaFault("policy_error", problem);
  }
  if (filtered !== null && !isJsonObject(filtered)) {
    throw new OpaFault(
      "policy_error",
      `OPA's document at ${path} has \`filtered_parameters\` that are no object`,
    );
  }
  if (ttl !== null && !(typeof ttl === "number" && ttl >= 0)) {
    throw new OpaFault(
      "policy_error",
      `OPA's document at ${path} has a \`cache_ttl\` that is no number of seconds`,
    );
  }
  const { decision_id: id, provenance } = response as JsonObject;
  return {
    allow,
    reason: readReason(document["reason"] ?? document["audit_reason"]),
    policies: readPolicies(document["policies"]),
    filteredParameters: allow ? filtered : null,
    cacheTtlSeconds: ttl,
    decisionId: typeof id === "string" ? id.slice(0, MAX_TEXT) : null,
    revision: readRevision(provenance),
  };
}

/** The document asked for, whatever it says. Throws `OpaFault` where OPA has none. */
export function readDocument(response: unknown, path: string): JsonObject {
  if (!isJsonObject(response)) {
    throw new OpaFault("policy_error", "OPA's response is not an object");
  }
  const { result } = response;
  if (result === undefined) {
    throw new OpaFault(
      "policy_unavailable",
      `OPA has no document at ${path}; check the path and what is loaded`,
    );
  }
  if (!isJsonObject(result)) {
    const problem = `OPA's document at ${path} is no object with \`allow\`; give the path of the package`;
    throw new OpaFault("policy_error", problem);
  }
  return result;
}

/** One sentence, or several (a Rego set). */
function readReason(reason: Json | undefined): string | null {
  const parts = (Array.isArray(reason) ? reason : [reason]).filter((part) => typeof part === "string");
  const text = parts.join("; ");
  return text === "" ? null : text.slice(0, MAX_TEXT);
}

function readPolicies(policies: Json | undefined): string[] | null {
  if (!Array.isArray(policies)) {
    return null;
  }
  const names = policies.filter((name) => typeof name === "string");
  return names.slice(0, MAX_POLICIES).map((name) => name.slice(0, 128));
}

/** `bundle=revision` for each bundle, or the revision alone where there is one bundle. */
function readRevision(provenance: Json | undefined): string | null {
  if (!isJsonObject(provenance ?? null)) {
    return null;
  }
  const { bundles, revision } = provenance as JsonObject;
  if (typeof revision === "string" && revision !== "") {
    return revision.slice(0, MAX_TEXT);
  }
  if (!isJsonObject(bundles ?? null)) {
    return null;
  }
  const named = Object.entries(bundles as JsonObject).flatMap(([name, bundle]) => {
    const value = isJsonObject(bundle) ? bundle["revision"] : undefined;
    return typeof value === "string" ? [{ name, value }] : [];
  });
  const text =
    named.length === 1 ? named[0]?.value : named.map(({ name, value }) => `${name}=${value}`).join(",");
  return text ? text.slice(0, MAX_TEXT) : null;
}
