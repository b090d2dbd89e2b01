import type { Principal } from "./principal.ts";

/** Roles that the gateway knows. Those of tokens and keys may be others, which policies look at. */
export const ROLES = ["admin", "operator", "auditor", "user", "agent", "metrics", "gateway"] as const;
export type Role = (typeof ROLES)[number];

/** They look after the gateway: by themselves they give no right to call anything through it. */
const CARETAKERS: ReadonlySet<string> = new Set<Role>(["operator", "auditor", "metrics"]);
/** Who may call servers and agents at all, as far as policy permits. */
const CALLERS: readonly Role[] = ["user", "agent", "gateway", "admin"];

/** Authentication hands out one object for one credential, whose roles are therefore looked at once. */
const known = new WeakMap<Principal, readonly Role[]>();

/**
 * The roles of a principal that the gateway knows. One that has none, or one that is not of the gateway's own, is a
 * `user` or an `agent`, as its type is: policy decides what it may do. One that looks after the gateway, and does
 * nothing else, is neither.
 */
export function rolesOf(principal: Principal): readonly Role[] {
  let roles = known.get(principal);
  if (roles === undefined) {
    const given = new Set<string>(principal.roles);
    if (principal.roles.every((role) => !CARETAKERS.has(role)) || principal.roles.some(isOther)) {
      given.add(principal.type);
    }
    known.set(principal, (roles = Object.freeze(ROLES.filter((role) => given.has(role)))));
  }
  return roles;
}

/** Whether a principal may call servers and agents at all. */
export function mayCall(principal: Principal): boolean {
  return rolesOf(principal).some((role) => CALLERS.includes(role));
}

function isOther(role: string): boolean {
  return !(ROLES as readonly string[]).includes(role);
}
