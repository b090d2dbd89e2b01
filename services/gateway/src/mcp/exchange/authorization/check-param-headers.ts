import { isJsonObject } from "@sark/json";
import type { Awaitable } from "../../../domain/awaitable.ts";
import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import { rejectionOf, type Rejection } from "../../errors/rejection.ts";
import type { MirrorHeaders } from "../../../mcp-protocol/rules/mirror-headers.ts";
import { headerMismatch } from "../../../mcp-protocol/rules/violation.ts";
import type { RequestContext } from "../context/request-context.ts";

/**
 * Why the `Mcp-Param-*` headers of a permitted request cannot go upstream; `null` when they can, or when there are none.
 * Only the tool's schema tells what a header repeats: without it, none is passed on.
 */
export function checkParamHeaders(
  context: RequestContext,
  message: JsonRpcRequest,
): Awaitable<Rejection | null> {
  const mirrors = context.revision?.mirrors ?? null;
  return mirrors === null || mirrors.paramHeaders(context.request.headers).length === 0
    ? null
    : compareWithSchema(mirrors, context, message);
}

async function compareWithSchema(
  mirrors: MirrorHeaders,
  { parts, upstream, request }: RequestContext,
  { method, params = {} }: JsonRpcRequest,
): Promise<Rejection | null> {
  const { name, arguments: given = null } = params;
  const isCall = method === "tools/call" && typeof name === "string";
  const schema = isCall ? await parts.toolSchema(upstream.name, name).catch(() => undefined) : undefined;
  const wrong = mirrors.findParamMismatch(
    request.headers,
    isJsonObject(given) ? given : null,
    schema ?? null,
  );
  if (wrong === null) {
    return null;
  }
  return rejectionOf(
    headerMismatch(
      wrong,
      `the ${wrong} header repeats no argument of the body, as the tool's schema declares them`,
    ),
  );
}
