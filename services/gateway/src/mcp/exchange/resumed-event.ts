import { headerOf } from "../../mcp-protocol/http/headers.ts";
import { Rejection } from "../errors/rejection.ts";
import type { RequestContext } from "./context/request-context.ts";

/**
 * What the server calls the event after which a GET takes up a stream; `null` where it opens one. Throws `Rejection`.
 *
 * A server may give the stream behind an event id to each client that names it: one without sessions takes all callers for one, the gateway, and one with
 * sessions may keep the events of all of them in one store. Ids can be guessed and overheard, so only those are passed on that a caller was
 * given in this session.
 */
export function resumedEvent({ session, request, parts, upstream, caller }: RequestContext): string | null {
  const id = headerOf(request.headers, "last-event-id");
  if (id === undefined) {
    return null;
  }
  if (session === null) {
    throw new Rejection(
      "invalid_event_id",
      "Streams can be resumed within a session only. Send the request again.",
    );
  }
  const event = parts.binding.resolveEvent(upstream.name, caller.principal, session.upstreamId, id);
  if (event === null) {
    throw new Rejection("invalid_event_id", "Bad Request: Last-Event-ID is none of this session");
  }
  return event;
}
