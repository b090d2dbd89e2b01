export { bindExample, differences, shownExample } from "./examples/example.ts";
export { findEndpoint, type FoundEndpoint } from "./find-endpoint.ts";
export { describeApi, type ApiDescription, type ErrorStatus } from "./openapi/describe-api.ts";
export type { JsonSchema, OpenApiDocument, OpenApiOperation } from "./openapi/document-types.ts";
export { renderReference } from "./reference/render-reference.ts";
export { collectSchemas } from "./openapi/json-schema.ts";
export { documentedPath } from "./routes/path.ts";
