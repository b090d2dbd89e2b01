import { principalKey } from "@sark/authentication";
import type { Principal } from "./principal.ts";

/** Whose share something comes out of: a principal, whatever credential it uses. */
export function sourceOf(principal: Principal): string {
  return principalKey(principal);
}
