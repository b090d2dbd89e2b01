import type { AuthorizationQuery } from "../../domain/authorization.ts";
import { query } from "./queries.ts";

/** What the example policies say of one query. */
export interface ExampleCase {
  readonly what: string;
  readonly query: AuthorizationQuery;
  readonly allow: boolean;
  /** The rules that determine it; `null` where one cannot be evaluated. */
  readonly policies: readonly string[] | null;
}

export function row(
  what: string,
  over: Partial<AuthorizationQuery>,
  allow: boolean,
  policies: readonly string[] | null,
): ExampleCase {
  return { what, query: query(over), allow, policies };
}
