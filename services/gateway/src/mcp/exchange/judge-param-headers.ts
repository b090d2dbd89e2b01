import { isJsonObject } from "../../domain/json.ts";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import type { Rejection } from "../errors/rejection.ts";
import { mismatch } from "../../mcp-protocol/rev-2026/header-rules.ts";
import { paramDeclarations } from "../../mcp-protocol/rev-2026/param-declarations.ts";
import { findParamMismatch, paramHeaders } from "../../mcp-protocol/rev-2026/param-mismatch.ts";
import type { Conversation } from "./conversation.ts";

/**
 * Why the `Mcp-Param-*` headers of a permitted request cannot go upstream; `null` when they can, or when there are none.
 * Only the tool's schema tells what a header repeats: without it, none is passed on.
 */
export async function judgeParamHeaders(
  { parts, upstream, era, request }: Conversation,
  { method, params = {} }: JsonRpcRequest,
): Promise<Rejection | null> {
  const [any] = paramHeaders(request.headers);
  if (era !== "stateless" || any === undefined) {
    return null;
  }
  const { name, arguments: given = null } = params;
  const isCall = method === "tools/call" && typeof name === "string";
  const schema = isCall ? await parts.toolSchema(upstream.name, name).catch(() => undefined) : undefined;
  const declared = schema === undefined ? new Map<string, never>() : paramDeclarations(schema);
  const wrong = findParamMismatch(request.headers, isJsonObject(given) ? given : null, declared);
  if (wrong === null) {
    return null;
  }
  return mismatch(
    wrong,
    `the ${wrong} header repeats no argument of the body, as the tool's schema declares them`,
  );
}
