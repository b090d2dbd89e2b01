import type { Principal } from "../domain/principal.ts";

/** Authentication hands out one object for one credential, whose name is therefore written once. */
const names = new WeakMap<Principal, string>();

/** Whose share something comes out of: a principal, whatever credential it uses. */
export function sourceOf(principal: Principal): string {
  let name = names.get(principal);
  if (name === undefined) {
    const { type, id, tenant } = principal;
    names.set(principal, (name = JSON.stringify([type, id, tenant])));
  }
  return name;
}
