import { renderReference } from "@sark/http-api/documents";
import { describeService } from "./describe-service.ts";

const INTRODUCTION = `Generated from the table of endpoints (\`services/metrics/src/api/table.ts\`) by \`npm run generate\`.
[openapi.json](openapi.json) says the same for programs, and the service serves it at \`/openapi.json\`.

A caller shows an API key (\`X-API-Key: …\`) or a token (\`Authorization: Bearer …\`) that names its tenant: no path, query or body
does. Roles are named at each endpoint. Errors are problem details (RFC 9457, \`application/problem+json\`) with a \`code\`. Every
response has an \`X-Correlation-Id\`.`;

/** `docs/reference/metrics-service/api.md`. */
export function apiReference(): string {
  return renderReference(describeService(), INTRODUCTION);
}
