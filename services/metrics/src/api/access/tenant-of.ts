import type { Caller } from "../../domain/caller.ts";
import { HttpError } from "../../errors/http-errors.ts";

/** The tenant of a caller: of its credential, and never of what it sends. */
export function tenantOf({ principal }: Caller): string {
  if (principal.tenant === null) {
    throw new HttpError("forbidden", "This is for callers of a tenant.");
  }
  return principal.tenant;
}
