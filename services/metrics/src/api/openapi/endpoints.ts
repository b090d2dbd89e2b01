import { EVERY_CALLER, respond, text, varies } from "@sark/http-api";
import { metricsEndpoints } from "../access/define-endpoints.ts";

/** The document as it is sent: it does not change while the service runs. */
export interface Documentation {
  openApi(): string;
}

const { endpoint, group } = metricsEndpoints<Documentation>();

export const openApiEndpoints = group({
  title: "OpenAPI",
  description:
    "This reference for programs; the same document is in the repository as `docs/reference/metrics-service/openapi.json`.",
  endpoints: {
    openApi: endpoint({
      method: "GET",
      path: "/openapi.json",
      summary: "The OpenAPI 3.1 document of the service",
      roles: EVERY_CALLER,
      output: { 200: text(["application/json; charset=utf-8"], "The document.") },
      errors: [],
      cacheControl: "private, max-age=300",
      example: { response: { status: 200, body: varies('{ "openapi": "3.1.0" }') } },
      handler: (documentation) => respond(200, documentation.openApi()),
    }),
  },
});
