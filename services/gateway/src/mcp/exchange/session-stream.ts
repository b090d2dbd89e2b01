import type { UpstreamResponse } from "../../domain/upstream.ts";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import { PSEUDO_METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { sourceOf } from "../../domain/source.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import type { Deadline } from "../deadline/deadline.ts";
import { rejectionText } from "../errors/error-response.ts";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { Rejection } from "../errors/rejection.ts";
import { clientHeaders, STREAM_HEADERS } from "../response/client-headers.ts";
import { drain } from "../response/collect.ts";
import { CONNECT_AGAIN } from "../../event-streams/event.ts";
import { reportRefused } from "./context/reports.ts";
import type { RequestContext } from "./context/request-context.ts";
import { inspectionOf } from "./relaying/inspection.ts";
import { relayEvents, type Conclusion, type Ending } from "./relaying/relay-events.ts";
import { jsonResponse } from "./responding/responses.ts";
import { sessionExchange } from "./session-exchange.ts";

/** GET: the session's own stream, or the rest of one that was interrupted after the event `resumes`. */
export async function openSessionStream(
  context: RequestContext,
  resumes: string | null,
): Promise<McpHttpResponse> {
  const release = context.parts.streams.take(context.caller.principal);
  if (release === null) {
    return tooManyStreams(context);
  }
  return sessionExchange(context, PSEUDO_METHODS.openStream, {
    method: "GET",
    ...(resumes === null ? {} : { lastEventId: resumes }),
    // Many servers send the head with the first event, and that may take its time.
    timeLimits: null,
    relay(head, permit, deadline) {
      if (head.status !== 204 && mediaType(head.headers["content-type"]) !== "text/event-stream") {
        throw new MalformedResponse("No event stream.", "wrong_content_type");
      }
      permit.finish({ outcome: "ok" });
      if (head.status === 204) {
        // Nothing is left of the stream that it asked for: the word for "do not come back" (server-sent events).
        drain(head.body);
        return { status: 204, headers: {}, body: null };
      }
      return relay(context, head, deadline, release, resumes !== null);
    },
    over: release,
  });
}

function relay(
  context: RequestContext,
  head: UpstreamResponse,
  deadline: Deadline,
  closed: () => void,
  resumes: boolean,
): McpHttpResponse {
  const hold = context.parts.held.open(sourceOf(context.caller.principal));
  const body = relayEvents({
    context,
    hold,
    body: () => head.body,
    deadline,
    kind: "session",
    inspection: inspectionOf(context, [], resumes ? "pass" : "drop"),
    first: [],
    // Clients open or resume these streams, and do so again.
    resume: null,
    done: () => false,
    conclude,
    closed,
  });
  const own = head.headers["mcp-session-id"] === context.session?.upstreamId;
  const sessionId = own ? context.clientSessionId : null;
  const headers = clientHeaders(head, STREAM_HEADERS, sessionId);
  return { status: 200, headers, body, taken: hold.release };
}

/** The client comes back by itself; calls that are awaited have deadlines of their own. */
function conclude({ endedBy, failure }: Ending): Conclusion {
  if (endedBy === "client") {
    return { last: [], end: "client_left" };
  }
  if (endedBy === "drain") {
    return { last: [CONNECT_AGAIN], end: "drained" };
  }
  if (endedBy === "session") {
    return { last: [], end: "session_ended" };
  }
  return { last: [], end: failure === null ? "completed" : "upstream_failed" };
}

function tooManyStreams(context: RequestContext): McpHttpResponse {
  const rejection = new Rejection("too_many_streams", "Too many streams are open; close one first.");
  reportRefused(context, rejection);
  return jsonResponse(rejection.status, rejectionText(null, rejection, context.caller));
}
