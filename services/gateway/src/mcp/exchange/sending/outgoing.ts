import type { UpstreamResponse } from "../../../domain/upstream.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import { isJsonObject } from "@sark/json";
import type { PostBody } from "../../request/read-body.ts";
import { headerTrace } from "../../request/trace-context.ts";
import { postHeaders } from "../../request/upstream-headers.ts";
import type { Authorized } from "../authorization/authorize.ts";
import { traceRouteOf, type RequestContext } from "../context/request-context.ts";
import { upstreamBody } from "./upstream-body.ts";

/** What is to be sent upstream, decided and recorded. */
export interface Outgoing {
  readonly context: RequestContext;
  readonly batch: boolean;
  readonly calls: readonly OpenCall[];
  /** Messages without a response: notifications, and responses to requests of the server. */
  readonly oneWay: readonly (Authorized & { type: "one_way" })[];
  /** Responses to what was refused, as JSON text. */
  readonly refusals: readonly string[];
  /** Sends it. Rejects with an `UpstreamError`. */
  send(signal: AbortSignal): Promise<UpstreamResponse>;
}

/** Puts together what may go, in the words in which it may go. */
export function prepareOutgoing(
  context: RequestContext,
  body: PostBody,
  bytes: Buffer,
  authorized: readonly Authorized[],
): Outgoing {
  const route = traceRouteOf(context);
  const sent = upstreamBody(body, bytes, authorized, route);
  const permitted = authorized.filter((item) => item.type !== "refused");
  const headers = postHeaders({
    incoming: context.request.headers,
    era: context.era,
    revision: context.revision,
    session: context.session,
    traceContext: headerTrace(route, permitted[0]?.permit.traceContext ?? {}),
  });
  const [first] = permitted;
  if (first?.type === "request" && first.permit.filteredArguments !== null) {
    const original = first.message.params?.["arguments"];
    context.revision?.mirrors?.followArguments(
      headers,
      isJsonObject(original) ? original : null,
      first.permit.filteredArguments,
    );
  }
  return {
    context,
    batch: body.batch,
    calls: permitted.flatMap((item) => (item.type === "request" ? [item.call] : [])),
    oneWay: permitted.filter((item) => item.type === "one_way"),
    refusals: authorized.flatMap((item, index) =>
      item.type === "refused" && body.messages[index]?.type === "request" ? [item.text] : [],
    ),
    send(signal) {
      for (const item of permitted) {
        reportForwarded(context, item);
      }
      return context.upstream.exchange({
        method: "POST",
        headers,
        messages: sent?.messages ?? [],
        body: sent?.bytes ?? bytes,
        signal,
        caller: context.caller,
      });
    },
  };
}

function reportForwarded(
  { parts, upstream }: RequestContext,
  item: Exclude<Authorized, { type: "refused" }>,
): void {
  const { message } = item;
  const method = "method" in message ? message.method : "";
  const oneWay = method === "" ? "response" : "notification";
  parts.observer.messageForwarded({
    server: upstream.name,
    type: item.type === "request" ? "request" : oneWay,
    method,
  });
}
