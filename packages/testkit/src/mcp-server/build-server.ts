import { McpServer } from "@modelcontextprotocol/server";
import { registerPrompts } from "./prompts.ts";
import { registerResources } from "./resources.ts";
import { registerAskingTools } from "./tools/asking.ts";
import { registerChangingTools, registerDynamic } from "./tools/changing.ts";
import { registerContentTools } from "./tools/content.ts";
import { registerMultiRoundTools } from "./tools/multi-round.ts";
import { registerNotifyingTools } from "./tools/notifying.ts";
import { registerWorkloadTools } from "./tools/workload.ts";
import type { World } from "./world.ts";

export interface BuildOptions {
  readonly era: "legacy" | "modern";
  /** The instance outlives one request (a session, a stdio connection) and must hear of changes. */
  readonly lasting: boolean;
}

/** One MCP server instance with everything on it. */
export function buildServer(world: World, { era, lasting }: BuildOptions): McpServer {
  const server = new McpServer(
    { name: "sark-testkit", version: "1.0.0" },
    {
      instructions: "A server for tests.",
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
      },
      cacheHints: { "tools/list": { ttlMs: 60_000, cacheScope: "public" } },
      requestState: { verify: (state, ctx) => world.requestState.verify(state, ctx) },
    },
  );
  registerContentTools(server);
  registerNotifyingTools(server);
  registerAskingTools(server);
  registerMultiRoundTools(server, world);
  registerChangingTools(server, world);
  registerWorkloadTools(server, world);
  registerResources(server);
  registerPrompts(server);
  const follow = registerDynamic(server, world);
  if (lasting) {
    followChanges(server, world, era, follow);
  }
  return server;
}

function followChanges(
  server: McpServer,
  world: World,
  era: BuildOptions["era"],
  follow: ReturnType<typeof registerDynamic>,
): void {
  // The stateless revision has no such methods: there the SDK filters by what `subscriptions/listen` asked for.
  const subscribed = new Set<string>();
  if (era === "legacy") {
    server.server.setRequestHandler("resources/subscribe", ({ params }) => {
      subscribed.add(params.uri);
      return {};
    });
    server.server.setRequestHandler("resources/unsubscribe", ({ params }) => {
      subscribed.delete(params.uri);
      return {};
    });
  }
  const touched = (uri: string) => {
    if (era === "modern" || subscribed.has(uri)) {
      void server.server.sendResourceUpdated({ uri });
    }
  };
  world.changes.on("tools", follow.tools).on("prompts", follow.prompts).on("resource", touched);
  server.server.onclose = () => {
    world.changes.off("tools", follow.tools).off("prompts", follow.prompts).off("resource", touched);
  };
}
