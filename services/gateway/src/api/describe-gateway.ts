import { describeApi, type OpenApiDocument } from "@sark/http-api/documents";
import { z } from "zod";
import { version } from "../product/version.ts";
import { HTTP_ERRORS } from "../transport/errors.ts";
import type { GatewayService } from "./access/define-endpoints.ts";
import { mcpPaths, mcpTag } from "./describe-mcp.ts";
import { TABLE } from "./table.ts";

const CODES = Object.entries(HTTP_ERRORS);

const errorBody = z
  .object({
    error: z.object({
      code: z
        .enum(CODES.map(([code]) => code))
        .describe(CODES.map(([code, { meaning }]) => `- \`${code}\`: ${meaning}`).join("\n")),
      message: z.string(),
      field: z.string().optional().describe("The field at fault, where there is one"),
      correlation_id: z.string().describe("Joins log lines, spans and records of the request"),
    }),
  })
  .meta({ id: "Error" });

/** Every endpoint may respond with these, where it is of the kind. */
export const IMPLIED_ERRORS = {
  always: [
    "invalid_request",
    // Of public endpoints, too: where client certificates are required.
    "unauthenticated",
    "authentication_unavailable",
    "host_not_allowed",
    "origin_not_allowed",
    "internal_error",
  ],
  authenticated: ["too_many_failures", "too_many_requests", "overloaded"],
  roles: ["forbidden"],
  input: [],
  body: ["payload_too_large", "unsupported_media_type"],
} as const;

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
};

/** The OpenAPI document of the gateway, MCP included as far as OpenAPI can say it. */
export function describeGateway(): OpenApiDocument {
  return describeApi<GatewayService>({
    info: {
      title: "SARK gateway API",
      version,
      description: "Decisions, the audit log, deliveries, health and metrics of a SARK gateway.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    groups: Object.values(TABLE),
    errors: HTTP_ERRORS,
    impliedErrors: IMPLIED_ERRORS,
    errorBody,
    securitySchemes: SECURITY_SCHEMES,
    further: { tags: [mcpTag], paths: mcpPaths(Object.keys(SECURITY_SCHEMES)) },
  });
}
