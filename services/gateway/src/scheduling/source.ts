import { principalKey } from "../domain/identity.ts";
import type { Principal } from "../domain/principal.ts";

/** Whose share something comes out of: a principal, whatever credential it uses. */
export function sourceOf(principal: Principal): string {
  return principalKey(principal);
}
