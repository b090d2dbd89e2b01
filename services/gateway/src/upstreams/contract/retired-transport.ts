/** What people are told who come with a server of the transport before Streamable HTTP. */
export const RETIRED_TRANSPORT =
  "the retired HTTP+SSE transport is not supported: use the server's Streamable HTTP endpoint, or run a bridge as a stdio server (command npx, args -y mcp-remote URL --transport sse-only)";
