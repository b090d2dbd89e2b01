import type { McpServer } from "@modelcontextprotocol/server";
import { wait } from "@sark/observability/waiting";

/** The conformance suite's tools that say something before they respond. */
export function registerNotifyingTools(server: McpServer): void {
  server.registerTool("test_tool_with_logging", { description: "Logs three lines" }, async (ctx) => {
    await ctx.mcpReq.log("info", "Tool execution started");
    await wait(50);
    await ctx.mcpReq.log("info", "Tool processing data");
    await wait(50);
    await ctx.mcpReq.log("info", "Tool execution completed");
    return { content: [{ type: "text", text: "Logged three lines" }] };
  });

  server.registerTool(
    "test_logging_tool",
    { description: "Logs where the request asks for it" },
    async (ctx) => {
      await ctx.mcpReq.log("info", "test_logging_tool ran");
      return { content: [{ type: "text", text: "Logged" }] };
    },
  );

  server.registerTool("test_tool_with_progress", { description: "Reports progress thrice" }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) {
        await wait(50);
      }
      if (progressToken === undefined) {
        continue;
      }
      await ctx.mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken, progress, total: 100 },
      });
    }
    return { content: [{ type: "text", text: "Done" }] };
  });

  server.registerTool(
    "test_streaming_elicitation",
    { description: "Responds without ever asking the client on the stream" },
    () => ({ content: [{ type: "text", text: "Nothing asked" }] }),
  );

  server.registerTool(
    "test_reconnection",
    {
      description: "Closes its stream in the middle of the call; the response waits for the client's return",
    },
    async (ctx) => {
      ctx.http?.closeSSE?.();
      await wait(50);
      return { content: [{ type: "text", text: "You came back" }] };
    },
  );
}
