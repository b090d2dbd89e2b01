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
