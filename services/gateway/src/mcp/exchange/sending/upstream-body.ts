import type { JsonRpcMessage } from "../../../domain/json-rpc.ts";
import { messageRanges, type PostBody } from "../../request/read-body.ts";
import { rewriteRequest, type RequestChanges } from "../../request/rewrite.ts";
import { metaTrace, type TraceRoute } from "../../request/trace-context.ts";
import type { Authorized } from "../authorization/authorize.ts";

/** What goes upstream: the exact bytes, and the same parsed. */
export interface UpstreamBody {
  readonly bytes: Buffer;
  readonly messages: readonly JsonRpcMessage[];
}

/** The caller's own bytes wherever nothing was refused or rewritten. `null` when nothing is left to send. */
export function upstreamBody(
  body: PostBody,
  original: Buffer,
  authorized: readonly Authorized[],
  trace: TraceRoute,
): UpstreamBody | null {
  const ranges = messageRanges(body);
  const texts: string[] = [];
  const messages: JsonRpcMessage[] = [];
  let same = true;
  for (const [index, item] of authorized.entries()) {
    const range = ranges[index];
    if (range === undefined || item.type === "refused") {
      same = false;
      continue;
    }
    const rewritten =
      item.type === "request" ? rewriteRequest(body.text, range, item.message, changesOf(item, trace)) : null;
    if (rewritten !== null) {
      same = false;
    }
    texts.push(rewritten?.text ?? body.text.slice(range.start, range.end));
    messages.push(rewritten?.message ?? item.message);
  }
  if (texts.length === 0) {
    return null;
  }
  if (same) {
    return { bytes: original, messages };
  }
  return { bytes: Buffer.from(body.batch ? `[${texts.join(",")}]` : (texts[0] ?? ""), "utf8"), messages };
}

function changesOf({ message, permit }: Authorized & { type: "request" }, trace: TraceRoute): RequestChanges {
  const { filteredArguments, traceContext } = permit;
  return { filteredArguments, metaTrace: metaTrace(trace, message, traceContext) };
}
