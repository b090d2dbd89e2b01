import { hash } from "node:crypto";
import { canonicalJson } from "@sark/audit/json";
import type { AuthorizationQuery } from "../../domain/authorization.ts";
import type { Principal } from "../../domain/principal.ts";

/** Authentication hands out one object for one token, whose text is therefore written once. */
const texts = new WeakMap<Principal, string>();

/**
 * Digest of everything that the policy can see. Each part is JSON text and has no line break of its own,
 * so that no two queries share a key.
 */
export function queryKey(query: AuthorizationQuery, revision: string | null, visibleContext: string): string {
  const parts = [
    JSON.stringify(revision),
    principalText(query.principal),
    JSON.stringify(query.action),
    canonicalJson(query.resource),
    visibleContext,
  ];
  return hash("sha256", parts.join("\n"), "base64");
}

function principalText(principal: Principal): string {
  let text = texts.get(principal);
  if (text === undefined) {
    texts.set(principal, (text = canonicalJson(principal)));
  }
  return text;
}
