export type { SeenRequest } from "./mcp-server/recorder.ts";
export {
  mcpServerProgram,
  startMcpServer,
  type McpServerHandle,
  type McpServerOptions,
} from "./mcp-server/start-mcp-server.ts";
