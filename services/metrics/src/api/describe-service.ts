import { describeApi, type OpenApiDocument } from "@sark/http-api/documents";
import { z } from "zod";
import { version } from "../version.ts";
import type { MetricsService } from "./access/define-endpoints.ts";
import { HTTP_ERRORS } from "../errors/http-errors.ts";
import { TABLE } from "./table.ts";

const CODES = Object.entries(HTTP_ERRORS);

const problem = z
  .object({
    type: z.string().describe("`urn:sark:metrics:error:` and the code"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z
      .enum(CODES.map(([code]) => code))
      .describe(CODES.map(([code, { meaning }]) => `- \`${code}\`: ${meaning}`).join("\n")),
    field: z.string().optional().describe("The field at fault, where there is one"),
    correlation_id: z.string().describe("Joins log lines, spans and records of the request"),
  })
  .meta({ id: "Problem" });

/** Every endpoint may respond with these, where it is of the kind. */
const IMPLIED_ERRORS = {
  always: ["invalid_request", "host_not_allowed", "origin_not_allowed", "internal_error"],
  authenticated: [
    "unauthenticated",
    "authentication_unavailable",
    "too_many_failures",
    "too_many_requests",
    "overloaded",
    "store_unavailable",
  ],
  roles: ["forbidden"],
  input: [],
  body: ["payload_too_large", "unsupported_media_type"],
} as const;

/** The OpenAPI document of the service. */
export function describeService(): OpenApiDocument {
  return describeApi<MetricsService>({
    info: {
      title: "SARK metrics service API",
      version,
      description: "Takes in activity events and productivity scores of many tenants.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    groups: Object.values(TABLE),
    errors: HTTP_ERRORS,
    impliedErrors: IMPLIED_ERRORS,
    errorBody: problem,
    errorType: "application/problem+json",
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    },
  });
}
