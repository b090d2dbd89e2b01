import type { JsonObject } from "@sark/json";

/** Who a credential names. */
export interface Identity {
  /** Stable identifier: the token's `sub`, or the name an API key was issued to. */
  readonly id: string;
  readonly type: "user" | "agent";
  /** The agent that acts for this user (the token's `act.sub`); `null` when there is none. */
  readonly actor: string | null;
  readonly tenant: string | null;
  readonly roles: readonly string[];
  /** Further claims that policies may look at, e.g. `agent_type`, `trust_level`. Never credentials. */
  readonly attributes: JsonObject;
  readonly method: "jwt" | "api_key" | "certificate";
  /** Scopes of the token (RFC 6749), where calls may take some; policies do not see these. */
  readonly tokenScopes?: readonly string[];
}

/** Authentication hands out one object for one credential, whose key is therefore written once. */
const keys = new WeakMap<Identity, string>();

/** The same for all credentials of one principal, and for no other principal's. */
export function principalKey(principal: Identity): string {
  let key = keys.get(principal);
  if (key === undefined) {
    const { type, id, tenant } = principal;
    keys.set(principal, (key = JSON.stringify([type, id, tenant])));
  }
  return key;
}

/** Who shows a credential, and which. */
export interface IdentifiedBy {
  readonly principal: Identity;
  /** Names the credential for the record: `api_key:<id>`, `jwt:<issuer> jti=<id>`, `certificate:<authority> sha256=<hex>`. Never the secret. */
  readonly credential: string;
  /** Of a token: when it is no longer good, tolerance included. Unix milliseconds. */
  readonly expiresAt?: number;
}

/** The two columns of an audit record that name the caller. */
export function auditIdentity(principal: Identity): { user_id?: string; agent_id?: string } {
  if (principal.type === "agent") {
    return { agent_id: principal.id };
  }
  return principal.actor === null
    ? { user_id: principal.id }
    : { user_id: principal.id, agent_id: principal.actor };
}
