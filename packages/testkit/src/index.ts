export type { SeenRequest } from "./mcp-server/recorder.ts";
export {
  mcpServerProgram,
  startMcpServer,
  type McpServerHandle,
  type McpServerOptions,
} from "./mcp-server/start-mcp-server.ts";
export { findOpa } from "./opa/find-opa.ts";
export { startOpa, type OpaHandle, type OpaOptions } from "./opa/start-opa.ts";
export { requireServer } from "./required-server.ts";
export {
  createSigningKey,
  signToken,
  type Claims,
  type SigningAlgorithm,
  type SigningKey,
} from "./token-issuer/signing-keys.ts";
export {
  startTokenIssuer,
  type IssueOptions,
  type TokenIssuer,
  type TokenIssuerOptions,
} from "./token-issuer/start-token-issuer.ts";
export {
  HTTP_MISBEHAVIOURS,
  startMisbehavingUpstream,
  type HttpMisbehaviour,
  type MisbehavedRequest,
  type MisbehavingUpstream,
  type MisbehavingUpstreamOptions,
} from "./misbehaving-upstream/http/start-misbehaving-upstream.ts";
export { STDIO_MISBEHAVIOURS, type StdioMisbehaviour } from "./misbehaving-upstream/stdio/behaviours.ts";
export { misbehavingStdioCommand } from "./misbehaving-upstream/stdio/command.ts";
export { startPostgres, type TemporaryPostgres } from "./postgres/start-postgres.ts";
export { createTestDatabase } from "./postgres/test-database.ts";
export {
  startHeaderInjector,
  type HeaderInjector,
  type HeaderInjectorOptions,
} from "./header-injector/start-header-injector.ts";
export type { CollectedSpan } from "./otlp-receiver/decode-traces.ts";
export { startOtlpReceiver, type OtlpReceiver } from "./otlp-receiver/start-otlp-receiver.ts";
