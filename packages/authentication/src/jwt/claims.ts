import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { identityNameProblem } from "../identity-name.ts";
import type { Identity } from "../identity.ts";
import { SCOPE } from "./scope.ts";
import { AuthenticationError } from "../authentication-error.ts";
import { idBy, rolesBy, tenantBy, type IssuerRights } from "./issuer-rights.ts";

/**
 * Which claims say who the caller is. A name with dots leads into objects (`act.sub`), unless there is a claim
 * of just that name (`https://example.com/roles`).
 */
export interface ClaimNames {
  readonly id: string;
  /** The agent that acts for the user (RFC 8693). */
  readonly actor: string;
  /** An array, or text separated by spaces. */
  readonly roles: string;
  readonly tenant: string;
  /** `user` or `agent`; without such a claim it is a user. */
  readonly type: string;
  /** Claims that policies may look at as `principal.attributes`. */
  readonly attributes: readonly string[];
  /** Text separated by single spaces, or an array. */
  readonly scopes: string;
}

export const DEFAULT_CLAIMS: ClaimNames = {
  id: "sub",
  actor: "act.sub",
  roles: "roles",
  tenant: "tenant",
  type: "principal_type",
  attributes: ["agent_type", "trust_level", "environment", "teams", "client_id", "scope"],
  scopes: "scope",
};

const MAX_ROLES = 100;
const MAX_SCOPES = 500;

/**
 * The principal that verified claims describe, with the scopes of its token where these count. Throws `AuthenticationError` (`invalid_claims`,
 * `exceeds_issuer`).
 */
export function toPrincipal(
  claims: JsonObject,
  names: ClaimNames,
  rights: IssuerRights,
  readsScopes: boolean,
): Identity {
  const id = nameIn(claims, names.id);
  if (id === null) {
    throw invalid(names.id, "is missing");
  }
  const actor = nameIn(claims, names.actor);
  return Object.freeze({
    id: checkedName(idBy(rights, id), names.id),
    type: typeIn(claims, names.type),
    actor: actor === null ? null : checkedName(idBy(rights, actor), names.actor),
    tenant: tenantBy(rights, nameIn(claims, names.tenant)),
    roles: Object.freeze(rolesBy(rights, rolesIn(claims, names.roles))),
    attributes: attributesIn(claims, names.attributes),
    method: "jwt",
    ...(readsScopes ? { tokenScopes: Object.freeze(scopesIn(claims, names.scopes)) } : {}),
  });
}

function lookUp(claims: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(claims, path)) {
    return claims[path];
  }
  let value: Json | undefined = claims;
  for (const name of path.split(".")) {
    if (value === undefined || !isJsonObject(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = value[name];
  }
  return value;
}

function nameIn(claims: JsonObject, path: string): string | null {
  const value = lookUp(claims, path);
  if (value === undefined || value === null) {
    return null;
  }
  return checkedName(value, path);
}

function checkedName(value: Json, path: string): string {
  if (typeof value !== "string") {
    throw invalid(path, "must be text");
  }
  const problem = identityNameProblem(value);
  if (problem !== null) {
    throw invalid(path, problem);
  }
  return value;
}

function typeIn(claims: JsonObject, path: string): Identity["type"] {
  const value = lookUp(claims, path) ?? "user";
  if (value === "user" || value === "agent") {
    return value;
  }
  throw invalid(path, "must be 'user' or 'agent'");
}

function rolesIn(claims: JsonObject, path: string): string[] {
  const value = lookUp(claims, path) ?? [];
  const roles = typeof value === "string" ? value.split(" ").filter(Boolean) : value;
  if (!Array.isArray(roles)) {
    throw invalid(path, "must be a list of roles");
  }
  if (roles.length > MAX_ROLES) {
    throw invalid(path, `has more than ${MAX_ROLES} roles`);
  }
  return roles.map((role) => checkedName(role, path));
}

/** Strict about what separates them: what one reader takes for two, another takes for one. */
function scopesIn(claims: JsonObject, path: string): string[] {
  const value = lookUp(claims, path) ?? [];
  const scopes = typeof value === "string" ? (value === "" ? [] : value.split(" ")) : value;
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES) {
    throw invalid(path, `must be up to ${MAX_SCOPES} scopes`);
  }
  return scopes.map((scope) => {
    if (typeof scope !== "string" || !SCOPE.test(scope)) {
      throw invalid(path, "must be scopes, separated by single spaces");
    }
    return scope;
  });
}

function attributesIn(claims: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = lookUp(claims, name);
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

function invalid(path: string, problem: string): AuthenticationError {
  return new AuthenticationError("invalid_claims", `The token's claim '${path}' ${problem}.`);
}
