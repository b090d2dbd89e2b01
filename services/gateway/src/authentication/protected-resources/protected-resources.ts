import { type AuthenticationError, bearerChallenge } from "@sark/authentication";
import type { ProtectedResources, ResourceMetadata, ResourceName } from "../../domain/protected-resources.ts";
import { isExposedUrl } from "@sark/observability/settings";
import { SERVER_NAME } from "../../domain/upstream.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

export interface ProtectedResourcesOptions {
  /** In its normal form, without a slash at its end. Never what a request says in `Host`. */
  readonly publicUrl: string | undefined;
  /** Of whose tokens are accepted. */
  readonly issuers: readonly string[];
  /** Scopes that everything at an MCP server takes. */
  scopesOf(server: string): readonly string[];
}

/**
 * The same is said of every name that a server could have: without credentials nothing tells which servers there are, but
 * for those that have scopes of their own.
 */
export function createProtectedResources(options: ProtectedResourcesOptions): ProtectedResources {
  const { publicUrl, scopesOf } = options;
  const servers = options.issuers.filter(isAuthorizationServer);
  const { origin, pathname } = publicUrl === undefined ? { origin: "", pathname: "" } : new URL(publicUrl);
  const prefix = pathname === "/" ? "" : pathname;

  const pathOf = (name: ResourceName) => (name === null ? prefix : `${prefix}/mcp/${name}`);
  const isKnown = (name: ResourceName) =>
    publicUrl !== undefined && (name === null || SERVER_NAME.test(name));
  const uri = (name: ResourceName) => (isKnown(name) ? origin + pathOf(name) : null);
  const scopes = (name: ResourceName) => (name === null ? [] : scopesOf(name));
  const metadataUrl = (name: ResourceName) =>
    isKnown(name) && servers.length > 0 ? origin + WELL_KNOWN + pathOf(name) : null;

  function nameAt(path: string): ResourceName | undefined {
    if (path === prefix) {
      return null;
    }
    const start = `${prefix}/mcp/`;
    return path.startsWith(start) ? path.slice(start.length) : undefined;
  }

  return {
    uri,
    metadata(path): ResourceMetadata | null {
      const name = nameAt(path);
      const resource = name === undefined ? null : uri(name);
      if (name === undefined || resource === null || servers.length === 0) {
        return null;
      }
      const supported = scopes(name);
      return {
        resource,
        authorization_servers: servers,
        bearer_methods_supported: ["header"],
        ...(supported.length === 0 ? {} : { scopes_supported: supported }),
      };
    },
    unauthenticated(error, name) {
      return bearerChallenge({
        ...faultOf(error),
        scopes: isKnown(name) ? scopes(name) : [],
        resourceMetadata: metadataUrl(name),
      });
    },
    insufficientScope(lacking, name) {
      return bearerChallenge({
        error: "insufficient_scope",
        description: "The token lacks scopes for this.",
        scopes: lacking,
        resourceMetadata: metadataUrl(name),
      });
    },
  };
}

/** An issuer may be called anything; clients look for its metadata at a URL (RFC 8414, section 2). */
function isAuthorizationServer(issuer: string): boolean {
  if (!URL.canParse(issuer) || /[?#\s]/.test(issuer)) {
    return false;
  }
  const url = new URL(issuer);
  return (
    ["http:", "https:"].includes(url.protocol) && !isExposedUrl(url) && url.username + url.password === ""
  );
}

/** A request without credentials learns nothing but how to authenticate (RFC 6750, section 3.1). */
function faultOf({ code, message }: AuthenticationError) {
  switch (code) {
    case "missing_credentials":
    // No token is asked for, and none is at fault.
    case "missing_certificate":
    case "untrusted_certificate":
    case "expired_certificate":
    case "revoked_certificate":
    case "unknown_certificate":
    case "outdated_connection":
      return {};
    case "ambiguous_credentials":
    case "malformed_credentials":
    case "credentials_in_url":
      return { error: "invalid_request", description: message } as const;
    default:
      return { error: "invalid_token", description: message } as const;
  }
}
