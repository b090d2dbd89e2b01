import { json, PUBLIC, respond } from "@sark/http-api";
import { z } from "zod";
import type { ProtectedResources } from "../../domain/protected-resources.ts";
import { HttpError } from "../../transport/errors.ts";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { resourceExamples } from "./examples.ts";
import { resourceMetadata } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<ProtectedResources>();

const shared = {
  method: "GET",
  roles: PUBLIC,
  output: { 200: json(resourceMetadata, "What clients need to know.") },
  errors: ["not_found"],
  cacheControl: "public, max-age=300",
} as const;

export const protectedResourceEndpoints = group({
  title: "Protected resources",
  description:
    "Where clients get tokens (RFC 9728). Each MCP endpoint is a resource of its own. Served where `http.publicUrl` is set and an issuer has a URL that clients can ask; it takes no credentials, because it tells how to get them.",
  endpoints: {
    getApiResource: endpoint({
      ...shared,
      path: "/.well-known/oauth-protected-resource",
      summary: "Where to get tokens for the REST API",
      example: resourceExamples.getApiResource,
      handler: (resources) => found(resources, ""),
    }),
    getMcpResource: endpoint({
      ...shared,
      path: "/.well-known/oauth-protected-resource/{path*}",
      summary: "Where to get tokens for an MCP endpoint",
      description:
        "The path is that of the resource: `mcp/` and the name of a server, after the path of `http.publicUrl` where it has one.",
      input: { path: z.strictObject({ path: z.string().max(1_000) }) },
      example: resourceExamples.getMcpResource,
      handler: (resources, { path }) => found(resources, `/${path.path}`),
    }),
  },
});

function found(resources: ProtectedResources, path: string) {
  const metadata = resources.metadata(path);
  if (metadata === null) {
    throw new HttpError("not_found", "No protected resource is published at this path.");
  }
  return respond(200, metadata);
}
