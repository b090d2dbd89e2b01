import { acceptedContent, completable, inputRequired, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { RED_PIXEL_PNG } from "./media.ts";

const user = (text: string) => ({ role: "user" as const, content: { type: "text" as const, text } });
const CONTEXT = z.object({ context: z.string() });
const COMPLETIONS = ["paris", "park", "party"];

/** The conformance suite's prompts. */
export function registerPrompts(server: McpServer): void {
  server.registerPrompt("test_simple_prompt", { description: "Without arguments" }, () => ({
    messages: [user("This is a simple prompt for testing.")],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "With two arguments",
      argsSchema: z.object({
        arg1: completable(z.string().describe("First test argument"), (start) =>
          COMPLETIONS.filter((word) => word.startsWith(start)),
        ),
        arg2: z.string().describe("Second test argument"),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [user(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    {
      description: "With an embedded resource",
      argsSchema: z.object({ resourceUri: z.string().describe("URI of the resource to embed") }),
    },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "resource",
            resource: {
              uri: resourceUri,
              mimeType: "text/plain",
              text: "Embedded resource content for testing.",
            },
          },
        },
        user("Please process the embedded resource above."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "With an image" }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: RED_PIXEL_PNG, mimeType: "image/png" } },
      user("Please analyze the image above."),
    ],
  }));
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks the user first" },
    (ctx) => {
      const response = acceptedContent(ctx.mcpReq.inputResponses, "user_context", CONTEXT);
      if (response) {
        return { messages: [user(`Consider: ${response.context}`)] };
      }
      const ask = { message: "What context should the prompt use?", requestedSchema: CONTEXT };
      return inputRequired({ inputRequests: { user_context: inputRequired.elicit(ask) } });
    },
  );
}
