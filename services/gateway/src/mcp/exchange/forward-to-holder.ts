import { Readable } from "node:stream";
import { CONNECT_AGAIN, messageEvent } from "../../event-streams/event.ts";
import type { ForwardedResponse, ForwardFailure } from "../../domain/forwarding.ts";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import { sourceOf } from "../../domain/source.ts";
import type { McpHttpRequest, McpHttpResponse } from "../contract/http-message.ts";
import { createDeadline, type Deadline } from "../deadline/deadline.ts";
import { failureText } from "../errors/error-response.ts";
import { Rejection } from "../errors/rejection.ts";
import { upstreamFailure } from "../errors/upstream-failure.ts";
import { endedFailure } from "./responding/fail-calls.ts";
import { CLIENT_LEFT, failureResponse } from "./responding/responses.ts";
import type { Asked } from "./context/asked.ts";
import type { EndpointParts } from "./context/request-context.ts";
import { collect } from "../response/collect.ts";
import { streamFrom } from "../response/stream-from.ts";
import type { BoundSession } from "../session/binding.ts";

/** What the protocol gives a meaning: the caller's credentials stay here, who it is goes along by itself. */
const PASSED = /^(?:accept|content-type|content-encoding|last-event-id|mcp-[a-z0-9-]{1,128})$/;
/** The holder ends a call in time; this is for one that does not. */
const GRACE_MS = 10_000;

/**
 * Passes a request on to the replica that holds the process of its session, as it came: it is decided about, counted and recorded
 * there, once. Throws a `Rejection` where nothing was done about it.
 */
export async function forwardToHolder(
  parts: EndpointParts,
  asked: Asked,
  { session, holder }: { readonly session: BoundSession; readonly holder: string },
): Promise<McpHttpResponse> {
  const { request, presence } = asked;
  const deadline = createDeadline(request.signal, null);
  presence.onEnd(() => deadline.end("drain"));
  if (request.method !== "GET") {
    deadline.endWithin(parts.limits.maxRequestMs + GRACE_MS, "timeout");
  }
  let streams = false;
  try {
    const response = await ask(parts, request, holder, deadline);
    if (typeof response === "string") {
      return await failed(parts, asked, session, response);
    }
    const relayed = await relay(parts, asked, response, deadline);
    streams = relayed.body instanceof Readable;
    return relayed;
  } catch (error) {
    if (deadline.endedBy === null) {
      throw error;
    }
    return deadline.endedBy === "client" ? CLIENT_LEFT : endedResponse(asked, deadline);
  } finally {
    if (!streams) {
      deadline.close();
    }
  }
}

async function ask(
  { forwarding }: EndpointParts,
  { method, headers, body, server, caller }: McpHttpRequest,
  holder: string,
  { signal }: Deadline,
): Promise<ForwardedResponse | ForwardFailure> {
  if (forwarding === null) {
    return "not_offered";
  }
  const passed = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" && PASSED.test(name) ? [[name, value] as const] : [],
  );
  const forwarded = { method, headers: Object.fromEntries(passed), body, server, caller, signal };
  return forwarding.forward(holder, forwarded);
}

async function failed(
  { sessions }: EndpointParts,
  asked: Asked,
  { fingerprint }: BoundSession,
  failure: ForwardFailure,
): Promise<McpHttpResponse> {
  switch (failure) {
    case "lost":
      await sessions.end(fingerprint, "died");
      throw new Rejection(
        "unknown_session",
        "Session not found: the replica of the gateway that held its process has ended; initialize again",
      );
    case "not_offered":
      throw new Rejection(
        "unknown_session",
        "Session not found: its process is at a replica of the gateway that cannot be reached from this one; initialize again",
      );
    case "unreachable":
      throw new Rejection(
        "holder_unreachable",
        "The replica of the gateway that holds the session cannot be reached now; nothing was done, try again.",
        { headers: { "retry-after": "1" } },
      );
    case "broken":
    default:
      return endedResponse(asked, null);
  }
}

/** What was begun at the holder and is not known to have ended. */
function endedResponse({ request, body }: Asked, deadline: Deadline | null): McpHttpResponse {
  const failure = failureOf(deadline);
  const [first] = body === null ? [] : idsOf(body.messages);
  return failureResponse(failure, failureText(first ?? null, failure, null, request.caller));
}

function failureOf(deadline: Deadline | null) {
  const by = deadline?.endedBy ?? null;
  return by === null ? upstreamFailure("holder_lost") : endedFailure(by);
}

async function relay(
  parts: EndpointParts,
  asked: Asked,
  { status, headers, body }: ForwardedResponse,
  deadline: Deadline,
): Promise<McpHttpResponse> {
  if (mediaType(headers["content-type"]) === "text/event-stream") {
    const stream = streamFrom(relayEvents(asked, body, deadline), () => {
      deadline.close();
      body.destroy();
    });
    return { status, headers, body: stream };
  }
  const hold = parts.held.open(sourceOf(asked.request.caller.principal));
  try {
    // The holder has bounded it, and added little of its own.
    const max = 2 * parts.limits.maxResponseBytes;
    const bytes = await collect({ body }, max, (more) => hold.take(more, deadline.signal));
    return { status, headers, body: bytes, taken: hold.release };
  } catch {
    hold.release();
    if (deadline.endedBy === "client") {
      return CLIENT_LEFT;
    }
    return endedResponse(asked, deadline);
  }
}

/** A stream that breaks off has an error for each request of its POST: the client would wait for their responses. */
async function* relayEvents(asked: Asked, body: Readable, deadline: Deadline): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      yield chunk;
    }
  } catch {
    if (deadline.endedBy === "client") {
      return;
    }
    const failure = failureOf(deadline);
    if (deadline.endedBy === "drain") {
      yield CONNECT_AGAIN;
    }
    for (const id of asked.body === null ? [] : idsOf(asked.body.messages)) {
      yield messageEvent(failureText(id, failure, null, asked.request.caller));
    }
  }
}

function idsOf(messages: NonNullable<Asked["body"]>["messages"]) {
  return messages.flatMap(({ type, message }) =>
    type === "request" && message.id !== undefined && message.id !== null ? [message.id] : [],
  );
}
