import type { CallResult } from "../../domain/governance.ts";
import type {
  JsonRpcId,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from "../../domain/json-rpc.ts";
import type { Range } from "../../json/ranges.ts";
import { isId } from "../../mcp-protocol/json-rpc/guards.ts";
import type { OpenCall } from "../calls/call-registry.ts";
import type { McpLimits } from "../contract/limits.ts";
import type { McpObserver, UpstreamProblem } from "../contract/observer.ts";
import { filterListing, listingRules, type ListingContext } from "./listing.ts";
import { outcomeOf } from "./outcome.ts";
import type { ServerMessages } from "./read-messages.ts";
import type { ServerMessage } from "./server-message.ts";

/** What has to be known to judge messages of an upstream server. */
export interface InspectionContext extends ListingContext {
  readonly limits: McpLimits;
  readonly observer: McpObserver;
  /** The call that an answer belongs to; settled ones have their answer already. */
  find(id: JsonRpcId): OpenCall | null;
  /**
   * Answers to requests that nobody here knows: on a resumed stream they may be those of another replica and
   * pass (lists still filtered); anywhere else they are somebody else's and do not.
   */
  readonly unknownAnswers: "pass" | "drop";
  /** The server has asked the client something. */
  asked(id: JsonRpcId): void;
  /** The server has taken its question back. */
  unasked(id: JsonRpcId): void;
  /** The server has reported progress under a token. */
  progressed(token: JsonRpcId): void;
  /** Requests of the server: stateless revisions have none, and their clients no way to answer them. */
  readonly serverRequests: "pass" | "drop";
}

/**
 * Judges messages on their way to the client: settles the calls that they answer and filters lists. Returns the text
 * of each that is to be passed on, the very same wherever nothing had to change. Throws a `MalformedAnswer` for lists
 * that cannot be judged.
 */
export async function inspectMessages(
  { text, messages }: ServerMessages,
  context: InspectionContext,
): Promise<readonly string[]> {
  const answered = new Map<OpenCall, CallResult>();
  const passed: string[] = [];
  for (const item of messages) {
    const judged =
      item.type === "response"
        ? await inspectResponse(item.message, text, item.range, context, answered)
        : inspectOther(item, text, item.range, context);
    if (judged !== null) {
      passed.push(judged);
    }
  }
  // Only now is it sure that all of it can be passed on.
  for (const [call, result] of answered) {
    call.settle(result);
  }
  return passed;
}

function inspectOther(
  { type, message }: Exclude<ServerMessage, { readonly type: "response" }>,
  text: string,
  { start, end }: Range,
  context: InspectionContext,
): string | null {
  if (type === "request" && context.serverRequests === "drop") {
    return drop(context, "unexpected_request");
  }
  note(message, context);
  return text.slice(start, end);
}

/** What it says about the time that the server takes. A ping is answered without a person. */
function note(message: JsonRpcRequest | JsonRpcNotification, context: InspectionContext): void {
  if ("id" in message) {
    if (message.method !== "ping" && isId(message.id)) {
      context.asked(message.id);
    }
    return;
  }
  const { requestId, progressToken } = message.params ?? {};
  if (message.method === "notifications/cancelled" && isId(requestId)) {
    context.unasked(requestId);
  }
  if (message.method === "notifications/progress" && isId(progressToken)) {
    context.progressed(progressToken);
  }
}

/** The text to pass; `null`: none. Adds to `answered`. */
async function inspectResponse(
  answer: JsonRpcResponse,
  text: string,
  range: Range,
  context: InspectionContext,
  answered: Map<OpenCall, CallResult>,
): Promise<string | null> {
  const id = answer.id ?? null;
  const call = id === null ? null : context.find(id);
  if (call === null ? context.unknownAnswers === "drop" : call.settled || answered.has(call)) {
    return drop(context, "unexpected_answer");
  }
  const written = text.slice(range.start, range.end);
  const filtered = await filterAnswer(answer, call?.method ?? null, text, range, context);
  if (call !== null) {
    answered.set(call, outcomeOf(answer, written, context.limits));
  }
  return filtered ?? written;
}

function drop({ observer, server, caller }: InspectionContext, problem: UpstreamProblem): null {
  observer.malformedUpstream({ server, problem, correlationId: caller.correlationId });
  return null;
}

async function filterAnswer(
  answer: JsonRpcResponse,
  method: string | null,
  text: string,
  range: Range,
  context: InspectionContext,
): Promise<string | null> {
  if ("error" in answer) {
    return null;
  }
  let current: { text: string; range: Range } | null = null;
  for (const rule of listingRules(method, answer.result)) {
    const source: { text: string; range: Range } = current ?? { text, range };
    const changed = await filterListing(source.text, source.range, answer, rule, context);
    if (changed !== null) {
      current = { text: changed, range: { start: 0, end: changed.length } };
    }
  }
  return current?.text ?? null;
}
