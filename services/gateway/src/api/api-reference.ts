import { renderReference } from "@sark/http-api/documents";
import { describeGateway } from "./describe-gateway.ts";

const INTRODUCTION = `Generated from the table of endpoints (\`services/gateway/src/api/table.ts\`) by \`npm run generate\`; a test sends every
example to a gateway. [openapi.json](openapi.json) says the same for programs, and a gateway serves it at \`/openapi.json\`.

A caller shows a token (\`Authorization: Bearer …\`) or an API key (\`X-API-Key: …\`); [authentication.md](../authentication.md)
explains both. Roles are named at each endpoint: a caller needs one of them. *every caller* means that it needs no role, but
policy or ownership decides what it gets; *public* endpoints take no credentials. Bodies are JSON. Every response has an
\`X-Correlation-Id\`, and every error the body that [errors.md](errors.md) describes. GET endpoints take HEAD, too.
So has what reaches no endpoint: 400 \`malformed_request\`, 408 \`slow_client\`, 417 \`expectation_failed\`, 431 \`headers_too_large\`.`;

/** `docs/reference/api.md`. */
export function apiReference(): string {
  return renderReference(describeGateway(), INTRODUCTION);
}
