import type { JsonRpcMessage } from "../../../domain/json-rpc.ts";
import type { Range } from "@sark/json";
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
  const sent = authorized.flatMap((item, index) => (item.type === "refused" ? [] : [{ item, index }]));
  if (sent.length === 0) {
    return null;
  }
  // Looked for where something has to change: in most bodies nothing has, and they may be long.
  let ranges: readonly Range[] | undefined;
  const rangeAt = (index: number): Range => {
    const range = (ranges ??= messageRanges(body))[index];
    if (range === undefined) {
      throw new Error("a message of the body has no place in its text");
    }
    return range;
  };
  const rewritten = sent.map(({ item, index }) =>
    item.type === "request"
      ? rewriteRequest(body.text, () => rangeAt(index), item.message, changesOf(item, trace))
      : null,
  );
  const messages = sent.map(({ item }, at) => rewritten[at]?.message ?? item.message);
  if (sent.length === authorized.length && rewritten.every((one) => one === null)) {
    return { bytes: original, messages };
  }
  const texts = sent.map(({ index }, at) => rewritten[at]?.text ?? textAt(body, rangeAt(index)));
  return { bytes: Buffer.from(body.batch ? `[${texts.join(",")}]` : (texts[0] ?? ""), "utf8"), messages };
}

function textAt({ text }: PostBody, { start, end }: Range): string {
  return text.slice(start, end);
}

function changesOf({ message, permit }: Authorized & { type: "request" }, trace: TraceRoute): RequestChanges {
  const { filteredArguments, traceContext } = permit;
  return { filteredArguments, metaTrace: metaTrace(trace, message, traceContext) };
}
