/** What is told to people who come with a server of the transport that 2025-03-26 retired. */
export const RETIRED_TRANSPORT =
  "the retired HTTP+SSE transport is not supported: use the server's Streamable HTTP endpoint, or run a bridge as a stdio server (command npx, args -y mcp-remote URL --transport sse-only)";
