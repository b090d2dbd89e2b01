import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequests,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { RoundState, World } from "../world.ts";

type Round = CallToolResult | InputRequiredResult;

const done = (text: string): CallToolResult => ({ content: [{ type: "text", text }] });

const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const OK = z.object({ ok: z.boolean() });

const asks = {
  name: (message: string) => inputRequired.elicit({ message, requestedSchema: NAME }),
  color: (message: string) => inputRequired.elicit({ message, requestedSchema: COLOR }),
  confirm: () => inputRequired.elicit({ message: "Please confirm", requestedSchema: OK }),
  model: (text: string) =>
    inputRequired.createMessage({
      messages: [{ role: "user", content: { type: "text", text } }],
      maxTokens: 100,
    }),
};

/** The conformance suite's tools of SEP-2322: calls that take several rounds. */
export function registerMultiRoundTools(server: McpServer, world: World): void {
  const tool = (name: string, description: string, round: (ctx: ServerContext) => Round | Promise<Round>) =>
    server.registerTool(`test_input_required_result_${name}`, { description }, round);

  tool("elicitation", "Asks for a name", (ctx) => {
    const response = acceptedContent(ctx.mcpReq.inputResponses, "user_name", NAME);
    return response
      ? done(`Hello, ${response.name}!`)
      : inputRequired({ inputRequests: { user_name: asks.name("What is your name?") } });
  });

  tool("sampling", "Asks the client's model", (ctx) =>
    has(ctx, "capital_question", "sampling")
      ? done("The model has responded")
      : inputRequired({ inputRequests: { capital_question: asks.model("What is the capital of France?") } }),
  );

  tool("list_roots", "Asks for the client's roots", (ctx) => {
    const response = inputResponse(ctx.mcpReq.inputResponses, "client_roots");
    return response.kind === "roots"
      ? done(`Roots: ${response.roots.map((root) => root.uri).join(", ")}`)
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });

  for (const name of ["request_state", "tampered_state"]) {
    tool(name, "Asks for a confirmation; the state travels through the client, signed", async (ctx) => {
      const state = ctx.mcpReq.requestState<RoundState>();
      if (state?.step === 1 && acceptedContent(ctx.mcpReq.inputResponses, "confirm", OK)) {
        return done("state-ok");
      }
      const requestState = await world.requestState.mint({ step: 1 }, ctx);
      return inputRequired({ inputRequests: { confirm: asks.confirm() }, requestState });
    });
  }

  tool("multiple_inputs", "Asks three things at once", async (ctx) => {
    if (
      has(ctx, "user_name", "elicit") &&
      has(ctx, "greeting", "sampling") &&
      has(ctx, "client_roots", "roots")
    ) {
      return done("All three responded");
    }
    return inputRequired({
      inputRequests: {
        user_name: asks.name("What is your name?"),
        greeting: asks.model("Generate a greeting"),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await world.requestState.mint({ step: 1 }, ctx),
    });
  });

  tool("multi_round", "Asks two things, one after the other", async (ctx) => {
    const responses = ctx.mcpReq.inputResponses;
    const state = ctx.mcpReq.requestState<RoundState>() ?? { step: 1 };
    const name = state.name ?? acceptedContent(responses, "step1", NAME)?.name;
    const color = acceptedContent(responses, "step2", COLOR)?.color;
    if (state.step === 2 && name !== undefined && color !== undefined) {
      return done(`${name} likes ${color}`);
    }
    const next: RoundState = name === undefined ? { step: 1 } : { step: 2, name };
    const inputRequests: InputRequests =
      name === undefined
        ? { step1: asks.name("Step 1: What is your name?") }
        : { step2: asks.color("Step 2: What is your favorite color?") };
    return inputRequired({ inputRequests, requestState: await world.requestState.mint(next, ctx) });
  });

  tool("capabilities", "Asks only what the client can respond to", (ctx) => {
    const offered = offeredCapabilities(server, ctx);
    const inputRequests: InputRequests = {
      ...(offered.sampling && !has(ctx, "model", "sampling") && { model: asks.model("Say something") }),
      ...(offered.elicitation && !has(ctx, "user", "elicit") && { user: asks.name("What is your name?") }),
    };
    return Object.keys(inputRequests).length > 0
      ? inputRequired({ inputRequests })
      : done("Nothing left to ask");
  });
}

/** Per request in the stateless revision, per session before it. */
function offeredCapabilities(server: McpServer, ctx: ServerContext): ClientCapabilities {
  const envelope: Readonly<Record<string, ClientCapabilities>> = ctx.mcpReq.envelope ?? {};
  return envelope[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities() ?? {};
}

function has(ctx: ServerContext, key: string, kind: "elicit" | "sampling" | "roots"): boolean {
  return inputResponse(ctx.mcpReq.inputResponses, key).kind === kind;
}
