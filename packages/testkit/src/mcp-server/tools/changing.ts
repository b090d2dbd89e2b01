import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { World } from "../world.ts";

const done = (text: string) => ({ content: [{ type: "text" as const, text }] });

/** Tools that change what the server offers, so that subscribers have something to hear of. */
export function registerChangingTools(server: McpServer, world: World): void {
  server.registerTool(
    "test_trigger_tool_change",
    { description: "Makes the tool test_dynamic_tool come or go" },
    () => {
      world.present.tool = !world.present.tool;
      world.changes.emit("tools");
      return done(world.present.tool ? "test_dynamic_tool is there" : "test_dynamic_tool is removed");
    },
  );
  server.registerTool(
    "test_trigger_prompt_change",
    { description: "Makes the prompt test_dynamic_prompt come or go" },
    () => {
      world.present.prompt = !world.present.prompt;
      world.changes.emit("prompts");
      return done(world.present.prompt ? "test_dynamic_prompt is there" : "test_dynamic_prompt is removed");
    },
  );
  server.registerTool(
    "touch",
    {
      description: "Tells subscribers that a resource has changed",
      inputSchema: z.object({ uri: z.string() }),
    },
    ({ uri }) => {
      world.changes.emit("resource", uri);
      return done(`touched ${uri}`);
    },
  );
}

/** Registers what comes and goes; the returned functions make it follow `world.present`. */
export function registerDynamic(server: McpServer, world: World): { tools(): void; prompts(): void } {
  const tool = server.registerTool("test_dynamic_tool", { description: "Comes and goes" }, () =>
    done("here"),
  );
  const prompt = server.registerPrompt("test_dynamic_prompt", { description: "Comes and goes" }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "here" } }],
  }));
  // `update` announces a change to all that are connected, so it is called for real changes only.
  const follow = {
    tools: () => tool.update({ enabled: world.present.tool }),
    prompts: () => prompt.update({ enabled: world.present.prompt }),
  };
  follow.tools();
  follow.prompts();
  return follow;
}
