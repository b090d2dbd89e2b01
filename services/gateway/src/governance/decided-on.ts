import { canonicalJson } from "@sark/audit/json";
import type { AuthorizationQuery } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { Principal } from "../domain/principal.ts";

/** Of larger facts of a principal only that there were some is recorded; tokens seldom have a tenth of it. */
const MAX_BYTES = 4 * 1024;
/** They stand three levels deep in an event, which may have 20. */
const MAX_LEVELS = 12;

/**
 * What a decision rested on in addition to what the fields of its event say, so that it can be decided again by other
 * policies: all that policies saw of the principal (and of an agent that was asked for), and which parts of the request
 * there were. The parts themselves are payloads.
 */
export function decidedOn(query: AuthorizationQuery, subject: AuditSubject): JsonObject {
  const { principal, resource } = query;
  const given = (["arguments", "params"] as const).filter((kind) => subject[kind] !== null);
  // In the order of canonical JSON: it is written faster.
  return {
    ...(resource.type === "agent" ? { agent: recordable({ attributes: resource.attributes }) } : {}),
    ...(given.length === 0 ? {} : { given }),
    ...(subject.paramsShortened ? { params_shortened: true } : {}),
    principal: factsOf(principal),
  };
}

/** Authentication hands out one object for one credential, whose facts are therefore written down once. */
const known = new WeakMap<Principal, JsonObject | null>();

/** `null` where they cannot be kept. */
function factsOf(principal: Principal): JsonObject | null {
  let facts = known.get(principal);
  if (facts === undefined) {
    const { type, method, roles, actor, attributes, scope, tokenScopes } = principal;
    facts = recordable({
      ...(actor === null ? {} : { actor }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
      method,
      roles: [...roles],
      ...(scope === undefined ? {} : { scoped: true }),
      ...(tokenScopes === undefined ? {} : { token_scopes: [...tokenScopes] }),
      type,
    });
    known.set(principal, facts);
  }
  return facts;
}

/** A token may hold what no record can: a call must not fail because of what is said about it. */
function recordable(facts: JsonObject): JsonObject | null {
  if (!isShallow(facts, MAX_LEVELS)) {
    return null;
  }
  try {
    const text = canonicalJson(facts);
    return Buffer.byteLength(text) <= MAX_BYTES && !text.includes("\\u0000") ? facts : null;
  } catch {
    return null;
  }
}

function isShallow(value: Json, levels: number): boolean {
  if (!Array.isArray(value) && !isJsonObject(value)) {
    return true;
  }
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
