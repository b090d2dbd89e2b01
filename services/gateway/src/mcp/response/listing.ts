import type { Caller, Governor } from "../../domain/governance.ts";
import type { JsonRpcSuccess } from "../../domain/json-rpc.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  editObject,
  findMember,
  elementRanges,
  type Range,
} from "@sark/json";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { LISTINGS, type ListingRule } from "../../mcp-protocol/vocabulary/methods.ts";

/** Whose list it is. */
export interface ListingContext {
  readonly governor: Governor;
  readonly server: string;
  readonly caller: Caller;
}

/** The listings that a result can be: by its request's method, or by its shape when the request is not known. */
export function listingRules(method: string | null, result: JsonObject): readonly ListingRule[] {
  if (method !== null) {
    const rule = LISTINGS.get(method);
    return rule === undefined ? [] : [rule];
  }
  return [...LISTINGS.values()].filter(({ list }) => Array.isArray(result[list]));
}

/**
 * The response at `range` without the entries that the caller may not use, as text; `null` when nothing has to
 * change. A list made for one caller must not be kept for others, so `cacheScope` becomes private.
 */
export async function filterListing(
  text: string,
  range: Range,
  response: JsonRpcSuccess,
  rule: ListingRule,
  context: ListingContext,
): Promise<string | null> {
  const { result } = response;
  const entries = result[rule.list];
  if (entries === undefined) {
    return null;
  }
  if (!Array.isArray(entries)) {
    throw new MalformedResponse("A list that is none.");
  }
  const names = entries.map((entry) => nameOf(entry, rule));
  const asked = [...new Set(names.filter((name) => name !== null))];
  const visible =
    asked.length === 0
      ? new Set<string>()
      : await context.governor.visible(rule.kind, context.server, asked, context.caller);
  const keep = names.map((name) => name !== null && visible.has(name));
  const shared = result["cacheScope"] === "public";
  if (!shared && keep.every(Boolean)) {
    return null;
  }

  const resultRange = findMember(text, range, "result");
  const listRange = resultRange === null ? null : findMember(text, resultRange, rule.list);
  if (resultRange === null || listRange === null) {
    throw new MalformedResponse("The list is not where it was.");
  }
  const kept = elementRanges(text, listRange.start).filter((_element, index) => keep[index]);
  const list = `[${kept.map(({ start, end }) => text.slice(start, end)).join(",")}]`;
  const changes = { [rule.list]: list, ...(shared ? { cacheScope: '"private"' } : {}) };
  return editObject(text, range, { result: editObject(text, resultRange, changes) });
}

/** An entry that cannot be named cannot be allowed. */
function nameOf(entry: Json, rule: ListingRule): string | null {
  const name = isJsonObject(entry) ? entry[rule.name] : null;
  return typeof name === "string" ? name : null;
}
