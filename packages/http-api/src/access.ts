/** Roles of which a caller needs one. None at all is no access: it does not compile, and does not register. */
export type Roles<Role extends string> = readonly [Role, ...Role[]];

/** For those who show no credentials, said in so many words: probes and load balancers. */
export const PUBLIC = "public";

/** For every authenticated caller: something else, such as a policy, says which of its requests are permitted. */
export const EVERY_CALLER = "every caller";

/** Who may call an endpoint. */
export type Access<Role extends string> = typeof PUBLIC | typeof EVERY_CALLER | Roles<Role>;

/** What callers of these roles may do at an endpoint beyond what others may do there. */
export interface Privilege<Role extends string> {
  readonly roles: Roles<Role>;
  /** For the documentation, after "may", e.g. `take the receipt of any event`. */
  readonly may: string;
}

/** Whether a caller that has these roles may call. Anything that is no access permits nothing. */
export function isPermitted(access: Access<string>, roles: readonly string[]): boolean {
  if (Array.isArray(access)) {
    return access.some((role: string) => roles.includes(role));
  }
  return access === PUBLIC || access === EVERY_CALLER;
}
