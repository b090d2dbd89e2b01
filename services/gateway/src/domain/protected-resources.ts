import type { AuthenticationError } from "@sark/authentication";

/** What a client needs to know to get a token for a resource (RFC 9728, section 2). */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly ["header"];
  /** Those that everything here takes; left out where there are none. */
  readonly scopes_supported?: readonly string[];
}

/** The name of an MCP server, whose endpoint is a resource of its own; `null` for the REST API. */
export type ResourceName = string | null;

/** What the gateway is to OAuth: a resource for each MCP endpoint, and one for its REST API. */
export interface ProtectedResources {
  /** The URI that tokens for it have in `aud` (RFC 8707); `null` where the gateway has no public URL, or the name is none. */
  uri(name: ResourceName): string | null;
  /** The document at this path; `null` where there is none. */
  metadata(path: string): ResourceMetadata | null;
  /** Value of `WWW-Authenticate` for a request that is not authenticated. */
  unauthenticated(error: AuthenticationError, name: ResourceName): string;
  /** The same for a token that lacks these scopes. */
  insufficientScope(scopes: readonly string[], name: ResourceName): string;
}
