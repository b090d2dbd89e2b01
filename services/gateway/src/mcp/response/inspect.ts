import { whenReady, type Awaitable } from "../../domain/awaitable.ts";
import type { AuditReference, CallResult } from "../../domain/governance.ts";
import type {
  JsonRpcId,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
  JsonRpcSuccess,
} from "../../domain/json-rpc.ts";
import type { Range } from "@sark/json";
import { isId } from "../../mcp-protocol/json-rpc/guards.ts";
import { unspokenRevision } from "../../mcp-protocol/revisions.ts";
import type { ListingRule } from "../../mcp-protocol/vocabulary/methods.ts";
import type { OpenCall } from "../calls/call-registry.ts";
import { referToRecord, withoutClaimedRecord } from "./audit-reference.ts";
import type { McpLimits } from "../contract/limits.ts";
import type { McpObserver } from "../contract/observer.ts";
import { MalformedResponse, type UpstreamProblem } from "../errors/malformed-response.ts";
import { filterListing, listingRules, type ListingContext } from "./listing.ts";
import { outcomeOf } from "./outcome.ts";
import type { ServerMessages } from "./read-messages.ts";
import type { ServerMessage } from "./server-message.ts";

/** What has to be known to inspect messages of an upstream server. */
export interface InspectionContext extends ListingContext {
  readonly limits: McpLimits;
  readonly observer: McpObserver;
  /** Whether results say where the record of their call stands. */
  readonly auditReferences: boolean;
  /** The call that a response belongs to; settled ones have their response already. */
  find(id: JsonRpcId): OpenCall | null;
  /**
   * Responses to requests that are not known here: on a resumed stream they may be those of another replica and
   * pass (lists still filtered); anywhere else they are another caller's and do not.
   */
  readonly unknownResponses: "pass" | "drop";
  /** A response that passes belongs to no call that is known here; as it was written. */
  endedElsewhere(id: JsonRpcId, result: CallResult, written: string): void;
  /** The server has sent the client a request. */
  requested(id: JsonRpcId): void;
  /** The server has taken its request back. */
  withdrawn(id: JsonRpcId): void;
  /** The server has reported progress under a token. */
  progressed(token: JsonRpcId): void;
  /** Requests of the server: stateless revisions have none, and their clients no way to respond to them. */
  readonly serverRequests: "pass" | "drop";
}

/**
 * Inspects messages on their way to the client: settles the calls that they respond to and filters lists. Returns the text
 * of each that is to be passed on, the very same wherever nothing had to change. Throws a `MalformedResponse` for what
 * cannot be decided about.
 */
export async function inspectMessages(
  received: ServerMessages,
  context: InspectionContext,
): Promise<readonly string[]> {
  const results = new Map<OpenCall, CallResult>();
  const others: (() => void)[] = [];
  const passed: string[] = [];
  for (const item of received.messages) {
    const checking =
      item.type === "response"
        ? inspectResponse(item.message, received, item.range, context, { results, others })
        : inspectOther(item, received.text, item.range, context);
    const checked = checking instanceof Promise ? await checking : checking;
    if (checked !== null) {
      passed.push(checked);
    }
  }
  // Only now is it sure that all of it can be passed on.
  for (const [call, result] of results) {
    call.settle(result);
  }
  for (const tell of others) {
    tell();
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

/** What it says about the time that the server takes. A ping needs no person to respond to it. */
function note(message: JsonRpcRequest | JsonRpcNotification, context: InspectionContext): void {
  if ("id" in message) {
    if (message.method !== "ping" && isId(message.id)) {
      context.requested(message.id);
    }
    return;
  }
  const { requestId, progressToken } = message.params ?? {};
  if (message.method === "notifications/cancelled" && isId(requestId)) {
    context.withdrawn(requestId);
  }
  if (message.method === "notifications/progress" && isId(progressToken)) {
    context.progressed(progressToken);
  }
}

/** The text to pass; `null`: none. Adds to what is to be done once all of it passes. */
function inspectResponse(
  response: JsonRpcResponse,
  { text, depth }: ServerMessages,
  range: Range,
  context: InspectionContext,
  { results, others }: { readonly results: Map<OpenCall, CallResult>; readonly others: (() => void)[] },
): Awaitable<string | null> {
  const id = response.id ?? null;
  const call = id === null ? null : context.find(id);
  if (call === null ? context.unknownResponses === "drop" : call.settled || results.has(call)) {
    return drop(context, "unexpected_response");
  }
  if (call?.method === "initialize") {
    refuseUnspokenRevision(response);
  }
  const written = text.slice(range.start, range.end);
  return whenReady(passedText(response, call, { text, range }, context), (passed) => {
    const result = outcomeOf(response, written, depth, context.limits);
    if (call !== null) {
      results.set(call, result);
    } else if (id !== null) {
      others.push(() => context.endedElsewhere(id, result, written));
    }
    return passed ?? written;
  });
}

/** By no rules of the gateway could the messages of such a session be read. */
function refuseUnspokenRevision(response: JsonRpcResponse): void {
  const unspoken = "error" in response ? null : unspokenRevision(response.result["protocolVersion"]);
  if (unspoken !== null) {
    throw new MalformedResponse(`The server chose ${unspoken}.`, "unspoken_revision");
  }
}

function drop({ observer, server, caller }: InspectionContext, problem: UpstreamProblem): null {
  observer.malformedUpstream({ server, problem, correlationId: caller.correlationId });
  return null;
}

/** What the client gets of it in place of the server's own text; `null`: that. */
function passedText(
  response: JsonRpcResponse,
  call: OpenCall | null,
  written: Written,
  context: InspectionContext,
): Awaitable<string | null> {
  if ("error" in response) {
    return withoutClaimedRecord(written.text, written.range, response);
  }
  const audit = context.auditReferences ? (call?.audit ?? null) : null;
  const rules = listingRules(call?.method ?? null, response.result);
  return rules.length === 0
    ? referToRecord(written.text, written.range, response, audit)
    : filteredText(response, written, { rules, audit }, context);
}

/** A text of a message, and where in it the message stands. */
interface Written {
  readonly text: string;
  readonly range: Range;
}

async function filteredText(
  response: JsonRpcSuccess,
  written: Written,
  { rules, audit }: { readonly rules: readonly ListingRule[]; readonly audit: AuditReference | null },
  context: InspectionContext,
): Promise<string | null> {
  let current = written;
  const change = (changed: string | null): void => {
    if (changed !== null) {
      current = { text: changed, range: { start: 0, end: changed.length } };
    }
  };
  for (const rule of rules) {
    change(await filterListing(current.text, current.range, response, rule, context));
  }
  change(referToRecord(current.text, current.range, response, audit));
  return current === written ? null : current.text;
}
