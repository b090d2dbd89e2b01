import type { CallResult } from "../../domain/governance.ts";
import type { JsonRpcId, JsonRpcResponse } from "../../domain/json-rpc.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import type { OpenCall } from "../calls/call-registry.ts";
import { MalformedAnswer } from "../errors/upstream-failure.ts";
import { elementRanges, skipBlank, valueEnd, type Range } from "../../json/ranges.ts";
import type { McpLimits } from "../limits.ts";
import type { McpObserver } from "../observer.ts";
import { refuseAmbiguousMessage } from "./ambiguity.ts";
import { filterListing, listingRules, type ListingContext } from "./listing.ts";
import { outcomeOf } from "./outcome.ts";

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
}

/**
 * Reads one message, or a batch of them, on its way to the client: settles the calls that it answers and filters
 * lists. Returns the text to pass on (the very same when nothing had to change), or `null` when nothing is left.
 * Throws a `MalformedAnswer` for whatever is no JSON-RPC.
 */
export async function inspectMessages(text: string, context: InspectionContext): Promise<string | null> {
  const value = parse(text);
  const start = skipBlank(text, 0);
  const elements = Array.isArray(value) ? value : [value];
  const ranges = Array.isArray(value) ? elementRanges(text, start) : [{ start, end: valueEnd(text, start) }];
  const answered = new Map<OpenCall, CallResult>();
  const parts: string[] = [];
  let same = true;
  for (const [index, element] of elements.entries()) {
    const range = ranges[index] ?? { start: 0, end: 0 };
    const changed = await inspectMessage(element, text, range, context, answered);
    if (changed !== undefined) same = false;
    if (changed !== null) parts.push(changed ?? text.slice(range.start, range.end));
  }
  // Only now is it sure that all of it can be passed on.
  for (const [call, result] of answered) call.settle(result);
  if (same) return text;
  if (parts.length === 0) return null;
  return Array.isArray(value) ? `[${parts.join(",")}]` : (parts[0] ?? null);
}

/** `undefined`: pass as it is; `null`: drop; else the text to pass instead. Adds to `answered`. */
async function inspectMessage(
  value: Json,
  text: string,
  range: Range,
  context: InspectionContext,
  answered: Map<OpenCall, CallResult>,
): Promise<string | null | undefined> {
  if (!isJsonObject(value) || value["jsonrpc"] !== "2.0") throw new MalformedAnswer("No JSON-RPC message.");
  refuseAmbiguousMessage(value, text.slice(range.start, range.end));
  if (typeof value["method"] === "string") return undefined;
  const answer = readAnswer(value);
  const id = answer.id ?? null;
  const call = id === null ? null : context.find(id);
  if (call === null ? context.unknownAnswers === "drop" : call.settled || answered.has(call)) {
    context.observer.malformedUpstream({
      server: context.server,
      problem: "unexpected_answer",
      correlationId: context.caller.correlationId,
    });
    return null;
  }
  const filtered = await filterAnswer(answer, call?.method ?? null, text, range, context);
  if (call !== null)
    answered.set(call, outcomeOf(answer, text.slice(range.start, range.end), context.limits));
  return filtered ?? undefined;
}

async function filterAnswer(
  answer: JsonRpcResponse,
  method: string | null,
  text: string,
  range: Range,
  context: InspectionContext,
): Promise<string | null> {
  if ("error" in answer) return null;
  let current: { text: string; range: Range } | null = null;
  for (const rule of listingRules(method, answer.result)) {
    const source: { text: string; range: Range } = current ?? { text, range };
    const changed = await filterListing(source.text, source.range, answer, rule, context);
    if (changed !== null) current = { text: changed, range: { start: 0, end: changed.length } };
  }
  return current?.text ?? null;
}

/** Checks the shape of an answer. Throws a `MalformedAnswer`. */
export function readAnswer(value: JsonObject): JsonRpcResponse {
  const { id = null, result, error } = value;
  const isError =
    isJsonObject(error) && Number.isInteger(error["code"]) && typeof error["message"] === "string";
  const isResult = isJsonObject(result) && error === undefined;
  const hasId = typeof id === "string" || typeof id === "number" || (id === null && isError);
  if (hasId && (isResult || (isError && result === undefined))) return value as unknown as JsonRpcResponse;
  throw new MalformedAnswer("Neither a request nor an answer.");
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw Object.assign(new MalformedAnswer("No JSON."), { cause });
  }
}
