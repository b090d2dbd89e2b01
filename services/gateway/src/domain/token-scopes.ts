import type { AuthorizationQuery } from "./authorization.ts";

/** What takes scopes: anything that each of the members names; a member that is left out names everything. */
export interface ScopeRule {
  readonly server?: string | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly methods?: readonly string[] | undefined;
  /** All of these. */
  readonly scopes: readonly string[];
}

/** Which scopes tokens need, for what. */
export interface TokenScopes {
  /** Those that everything at an MCP server takes. */
  ofServer(server: string): readonly string[];
  /** Whether the token of the principal has those that everything takes at the server that is asked about. */
  mayList(query: AuthorizationQuery): boolean;
  /**
   * Those to ask for where the token of the principal has not all that the query takes: what it takes, and what the token has
   * for the same server, so that a client that asks for these alone loses none. `null` where nothing is lacking.
   */
  lacking(query: AuthorizationQuery): readonly string[] | null;
}
