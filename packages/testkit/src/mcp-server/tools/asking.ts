import {
  inputRequired,
  inputResponse,
  type CallToolResult,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

type ElicitParams = Parameters<typeof inputRequired.elicit>[0];

/**
 * Tools that ask the client something. Written once for both eras: the stateless revision gets
 * `input_required`, and for older sessions the SDK turns that into a request on the stream.
 */
export function registerAskingTools(server: McpServer): void {
  const prompt = z.object({ prompt: z.string() });
  for (const name of ["test_sampling", "sample"]) {
    server.registerTool(name, { description: "Asks the client's model", inputSchema: prompt }, (args, ctx) =>
      askModel(args.prompt, ctx),
    );
  }
  const message = z.object({ message: z.string() });
  server.registerTool(
    "test_elicitation",
    { description: "Asks the user", inputSchema: message },
    (args, ctx) =>
      askUser("User response", ctx, { message: args.message, requestedSchema: USERNAME_AND_EMAIL }),
  );
  server.registerTool("elicit", { description: "Asks the user", inputSchema: message }, (args, ctx) =>
    askUser("User response", ctx, { message: args.message, requestedSchema: RESPONSE }),
  );
  server.registerTool(
    "test_elicitation_sep1034_defaults",
    { description: "Asks the user, with a default for each kind of field" },
    (ctx) => askUser("Elicitation completed", ctx, { message: "Check the form", requestedSchema: DEFAULTS }),
  );
  server.registerTool(
    "test_elicitation_sep1330_enums",
    { description: "Asks the user, with each kind of choice" },
    (ctx) => askUser("Elicitation completed", ctx, { message: "Choose", requestedSchema: CHOICES }),
  );
  server.registerTool(
    "test_missing_capability",
    { description: "Cannot work for a client that does not offer sampling" },
    (ctx) => askModel("Reply with pong", ctx),
  );
}

function askModel(prompt: string, ctx: ServerContext): CallToolResult | InputRequiredResult {
  const response = inputResponse(ctx.mcpReq.inputResponses, "response");
  if (response.kind !== "sampling") {
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: prompt } }];
    return inputRequired({
      inputRequests: { response: inputRequired.createMessage({ messages, maxTokens: 100 }) },
    });
  }
  const content = [response.result.content].flat();
  const said = content.map((block) => (block.type === "text" ? block.text : `[${block.type}]`)).join("");
  return { content: [{ type: "text", text: `LLM response: ${said}` }] };
}

function askUser(
  lead: string,
  ctx: ServerContext,
  params: ElicitParams,
): CallToolResult | InputRequiredResult {
  const response = inputResponse(ctx.mcpReq.inputResponses, "response");
  if (response.kind !== "elicit") {
    return inputRequired({ inputRequests: { response: inputRequired.elicit(params) } });
  }
  const said = `action=${response.action}, content=${JSON.stringify(response.content ?? {})}`;
  return { content: [{ type: "text", text: `${lead}: ${said}` }] };
}

const string = (description: string) => ({ type: "string" as const, description });

const RESPONSE: ElicitParams["requestedSchema"] = {
  type: "object",
  properties: { response: string("What to response") },
  required: ["response"],
};

const USERNAME_AND_EMAIL: ElicitParams["requestedSchema"] = {
  type: "object",
  properties: { username: string("User's response"), email: string("User's email address") },
  required: ["username", "email"],
};

/** SEP-1034. */
const DEFAULTS: ElicitParams["requestedSchema"] = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const titled = (word: string) => [
  { const: "value1", title: `First ${word}` },
  { const: "value2", title: `Second ${word}` },
  { const: "value3", title: `Third ${word}` },
];

/** SEP-1330. */
const CHOICES: ElicitParams["requestedSchema"] = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
  },
};
