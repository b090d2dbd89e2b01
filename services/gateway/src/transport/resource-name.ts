import type { FastifyRequest } from "fastify";
import type { ResourceName } from "../domain/protected-resources.ts";

/** The MCP server whose endpoint a request is sent to, in the words of its path; `null` elsewhere. */
export function resourceName({ routeOptions, params }: FastifyRequest): ResourceName {
  if (routeOptions?.url?.startsWith("/mcp/") !== true) {
    return null;
  }
  const { server } = Object(params) as { readonly server?: unknown };
  return typeof server === "string" ? server : null;
}
