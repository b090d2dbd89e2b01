import type { Action, AuthorizationQuery } from "../domain/authorization.ts";
import type { Principal } from "../domain/principal.ts";
import type { ScopeRule, TokenScopes } from "../domain/token-scopes.ts";
import { serverOf } from "./server-of.ts";

/** A query of the REST API names no method of MCP: that of the call which it asks about. */
const METHOD_OF: Readonly<Partial<Record<Action, string>>> = {
  "gateway:tool:invoke": "tools/call",
  "gateway:tool:discover": "tools/list",
  "gateway:resource:read": "resources/read",
  "gateway:prompt:get": "prompts/get",
};

export function createTokenScopes(
  rules: readonly ScopeRule[],
  /** Narrower scopes by the broader one that includes them. */
  implied: Readonly<Record<string, readonly string[]>>,
): TokenScopes {
  const grantedBy = withBroader(implied);
  const ofAll = rules.filter((rule) => rule.server === undefined);
  const named = new Set(rules.flatMap(({ server }) => (server === undefined ? [] : [server])));
  const byServer = new Map(
    [...named].map((name) => [name, rules.filter(({ server }) => server === undefined || server === name)]),
  );
  const rulesOf = (server: string) => byServer.get(server) ?? ofAll;

  /** The rules of the server that is asked about; `null` where there are none to keep: API keys have bounds of their own. */
  function boundsOf({ principal, resource }: AuthorizationQuery): readonly ScopeRule[] | null {
    const server = principal.method === "jwt" ? serverOf(resource) : null;
    return server === null ? null : rulesOf(server);
  }

  function hasAll(principal: Principal, needed: readonly string[]): boolean {
    const granted = grantedTo(principal);
    return needed.every(
      (scope) => granted.has(scope) || grantedBy(scope).some((broader) => granted.has(broader)),
    );
  }

  return {
    ofServer: (server) => scopesOf(rulesOf(server).filter(isForAll)),
    mayList(query) {
      const ofServer = boundsOf(query);
      return ofServer === null || hasAll(query.principal, scopesOf(ofServer.filter(isForAll)));
    },
    lacking(query) {
      const ofServer = boundsOf(query);
      const needed = scopesOf((ofServer ?? []).filter((rule) => isAbout(rule, query)));
      if (ofServer === null || hasAll(query.principal, needed)) {
        return null;
      }
      const granted = grantedTo(query.principal);
      const kept = scopesOf(ofServer).filter((scope) => granted.has(scope));
      return [...new Set([...kept, ...needed])];
    },
  };
}

function isForAll({ tools, methods }: ScopeRule): boolean {
  return tools === undefined && methods === undefined;
}

function isAbout({ tools, methods }: ScopeRule, { action, resource, context }: AuthorizationQuery): boolean {
  const isTool = tools === undefined || (resource.type === "tool" && tools.includes(resource.name));
  // Callers of the REST API may write anything into the context: that adds to the rules, and takes none away.
  const named = [context["method"], METHOD_OF[action]];
  return isTool && (methods === undefined || methods.some((method) => named.includes(method)));
}

function scopesOf(rules: readonly ScopeRule[]): readonly string[] {
  return [...new Set(rules.flatMap(({ scopes }) => scopes))];
}

/** Authentication hands out one object for one token, whose scopes are therefore indexed once. */
const indexes = new WeakMap<Principal, ReadonlySet<string>>();

function grantedTo(principal: Principal): ReadonlySet<string> {
  let index = indexes.get(principal);
  if (index === undefined) {
    indexes.set(principal, (index = new Set(principal.tokenScopes)));
  }
  return index;
}

/** For each scope those that include it, over any number of steps. */
function withBroader(
  implied: Readonly<Record<string, readonly string[]>>,
): (scope: string) => readonly string[] {
  const broader = new Map<string, string[]>();
  for (const start of Object.keys(implied)) {
    const reached = new Set<string>();
    const next = [start];
    for (let scope = next.pop(); scope !== undefined; scope = next.pop()) {
      for (const narrower of Object.hasOwn(implied, scope) ? (implied[scope] ?? []) : []) {
        if (!reached.has(narrower)) {
          reached.add(narrower);
          next.push(narrower);
        }
      }
    }
    for (const narrower of reached) {
      broader.set(narrower, [...(broader.get(narrower) ?? []), start]);
    }
  }
  return (scope) => broader.get(scope) ?? [];
}
