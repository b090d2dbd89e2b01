import type { Permit } from "../../domain/governance.ts";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import {
  isJsonObject,
  without,
  type JsonObject,
  editObject,
  findMember,
  renderDerived,
  type Range,
} from "@sark/json";
import { METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { TRACE_KEYS } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import type { TraceContext } from "./trace-context.ts";

export interface RewrittenRequest {
  readonly text: string;
  readonly message: JsonRpcRequest;
}

/** What is to be different upstream. */
export interface RequestChanges extends Pick<Permit, "filteredArguments"> {
  /** The trace keys that `params._meta` is to have, none with an empty one; `null` leaves it alone. */
  readonly metaTrace: TraceContext | null;
}

/**
 * The request as it has to go upstream: with the arguments that policy left, and with the gateway's trace context
 * in `params._meta` in place of the caller's. The rest is copied as it was written. `null` when nothing changes, as for
 * most requests: `rangeOf`, where the request stands in the text, is not asked then.
 */
export function rewriteRequest(
  text: string,
  rangeOf: () => Range,
  request: JsonRpcRequest,
  { filteredArguments, metaTrace }: RequestChanges,
): RewrittenRequest | null {
  const newArguments = METHODS.get(request.method)?.withArguments === true ? filteredArguments : null;
  if (newArguments === null && metaTrace === null) {
    return null;
  }
  const range = rangeOf();
  const params = request.params ?? {};
  const paramsRange = request.params === undefined ? null : findMember(text, range, "params");
  const changes: Record<string, string> = {};
  const changed: JsonObject = {};

  if (newArguments !== null) {
    const original = params["arguments"] ?? null;
    const at = paramsRange === null ? null : findMember(text, paramsRange, "arguments");
    changes["arguments"] =
      at === null ? JSON.stringify(newArguments) : renderDerived(newArguments, original, text, at);
    changed["arguments"] = newArguments;
  }
  if (metaTrace !== null) {
    const trace = Object.fromEntries(TRACE_KEYS.map((key) => [key, traceText(metaTrace[key])]));
    const at = paramsRange === null ? null : findMember(text, paramsRange, "_meta");
    changes["_meta"] =
      at === null ? editObject("{}", { start: 0, end: 2 }, trace) : editObject(text, at, trace);
    changed["_meta"] = { ...withoutTrace(params["_meta"]), ...metaTrace };
  }

  const newParams =
    paramsRange === null
      ? editObject("{}", { start: 0, end: 2 }, changes)
      : editObject(text, paramsRange, changes);
  return {
    text: editObject(text, range, { params: newParams }),
    message: { ...request, params: { ...params, ...changed } },
  };
}

function traceText(value: string | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function withoutTrace(meta: unknown): JsonObject {
  return isJsonObject(meta) ? without(meta, TRACE_KEYS) : {};
}
