import type { JsonRpcMessage, JsonRpcRequest } from "../../../domain/json-rpc.ts";
import {
  abortReason,
  UpstreamError,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../../domain/upstream.ts";
import { JSON_RPC_ERRORS, MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { findRevision } from "../../../mcp-protocol/revisions.ts";
import { elementRanges, skipBlank, bytesOnOneLine } from "@sark/json";
import { type MessageProcess, type Program, startProcess } from "../process/message-process.ts";
import { acceptsEvents, isBatch, wantsEvents } from "../wire/accepted-forms.ts";
import { destroyOnAbort } from "../wire/event-body.ts";
import { idParam, isNotification, isRequest, isResponse } from "../../../mcp-protocol/json-rpc/guards.ts";
import { emptyResponse, errorResponse, EVENT_STREAM, eventStreamResponse } from "../wire/responses.ts";
import { createAbandonedCalls } from "./abandoned-calls.ts";
import { type PostResponse, respondAsItComes, respondAsJson } from "./post-responses.ts";
import { createEventStreams } from "./event-streams.ts";
import { routeServerMessage } from "./message-routing.ts";
import { createPendingRequests } from "./pending-requests.ts";
import { createServerRequests } from "./server-requests.ts";

/** One session of the older revisions: one process, spoken to through POST and GET. */
export interface Session {
  /** Since when it is not used, by `performance.now()`; `null` while it is. */
  idleSince(): number | null;
  /** Since when nothing is under way, by `performance.now()`, even if a client listens; `null` while something is. */
  quietSince(): number | null;
  /** Whether the server agreed to `initialize`. */
  readonly initialized: boolean;
  post(request: UpstreamRequest): Promise<UpstreamResponse>;
  get(request: UpstreamRequest): UpstreamResponse;
  keepAlive(): void;
  /** Ends the process; resolves when it has ended. */
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly program: Program;
  /** The process has ended, for whatever reason. */
  onEnd(reason: UpstreamError): void;
}

export function createSession({ program, onEnd }: SessionOptions): Session {
  const { upstream, limits, observe } = program;
  const streams = createEventStreams({
    upstream,
    replayEvents: limits.replayEvents,
    replayBytes: limits.replayBytes,
    onLost: () => observe({ type: "replay_dropped", events: 1 }),
  });
  const pending = createPendingRequests();
  const abandoned = createAbandonedCalls({
    ...limits,
    upstream,
    pending,
    tell: (message) => server.tell(message),
  });
  const serverRequests = createServerRequests();
  const tables = { pending, serverRequests, standalone: streams.standalone, observe };
  let lastUsed = performance.now();
  let lastWord = lastUsed;
  let initialized = false;

  const server: MessageProcess = startProcess(program, "session", {
    onMessage: (message, line) => {
      lastWord = performance.now();
      const finished = routeServerMessage(tables, message, line);
      initialized ||= finished?.method === "initialize" && "result" in message;
    },
    onOversized: (id, reason) => {
      const request = id === null ? undefined : pending.take(id);
      if (request === undefined) {
        observe({ type: "unrouted", kind: "response", method: null, excerpt: null });
      } else {
        abandoned.left(request.response, reason);
      }
    },
    onEnd: (reason) => {
      release(reason);
      onEnd(reason);
    },
  });

  function release(reason: UpstreamError): void {
    abandoned.clear();
    for (const request of pending.takeAll()) {
      request.response.fail(reason);
    }
    streams.finishAll();
  }

  function forward(request: UpstreamRequest, messages: readonly JsonRpcMessage[]): void {
    if (!isBatch(request) && request.body !== null) {
      server.send(bytesOnOneLine(request.body));
      return;
    }
    const text = request.body === null ? JSON.stringify(messages) : request.body.toString("utf8");
    for (const { start, end } of elementRanges(text, skipBlank(text, 0))) {
      server.send(bytesOnOneLine(Buffer.from(text.slice(start, end))));
    }
  }

  /** What the client's messages say about exchanges that are under way. */
  function note(message: JsonRpcMessage): void {
    if (isResponse(message) && message.id !== undefined && message.id !== null) {
      serverRequests.responded(message.id);
    } else if (isNotification(message) && message.method === "notifications/cancelled") {
      const id = idParam(message, "requestId");
      const request = id === null ? undefined : pending.abandon(id);
      if (request !== undefined) {
        // The server sends no response any more, so the reply that waits for it ends here.
        const error = { code: MCP_ERRORS.transport, message: "Request cancelled by the client" };
        request.response.responded(JSON.stringify({ jsonrpc: "2.0", id: request.id, error }));
      }
    }
  }

  /** Why the messages of a POST cannot be taken. */
  function refusal(
    messages: readonly JsonRpcMessage[],
    requests: readonly JsonRpcRequest[],
  ): UpstreamResponse | null {
    if (messages.length === 0) {
      return errorResponse(400, {
        code: JSON_RPC_ERRORS.invalid_request,
        message: "Invalid Request: an empty batch",
      });
    }
    const inUse = requests.find(
      ({ id }, at) => pending.has(id) || requests.findIndex((other) => other.id === id) !== at,
    );
    if (inUse !== undefined) {
      const error = {
        code: JSON_RPC_ERRORS.invalid_request,
        message: "Invalid Request: this id is in use by another request",
      };
      return errorResponse(400, error, inUse.id);
    }
    if (pending.size + requests.length > limits.inFlight) {
      throw new UpstreamError(
        "upstream_overloaded",
        `a session of upstream "${upstream}" has ${pending.size} requests in flight, which is its limit`,
      );
    }
    return null;
  }

  async function post(request: UpstreamRequest): Promise<UpstreamResponse> {
    lastUsed = performance.now();
    lastWord = lastUsed;
    const messages = request.messages ?? [];
    const requests = messages.filter(isRequest);
    const refused = refusal(messages, requests);
    if (refused !== null) {
      return refused;
    }
    const response = requests.length === 0 ? null : expectResponse(request, requests);
    try {
      forward(request, messages);
    } catch (error) {
      for (const { id } of requests) {
        pending.take(id);
      }
      if (error instanceof UpstreamError) {
        response?.fail(error);
      }
      throw error;
    }
    messages.forEach(note);
    return response === null ? emptyResponse(202) : responseOf(request, response);
  }

  function expectResponse(request: UpstreamRequest, requests: readonly JsonRpcRequest[]): PostResponse {
    const response = wantsEvents(request, requests)
      ? respondAsItComes(requests.length, {
          batch: isBatch(request),
          primed: findRevision(request.headers["mcp-protocol-version"])?.emptyEvents ?? false,
          streamAfterMs: limits.streamAfterMs,
          open: (beforeFirst) => streams.open(() => abandoned.awaitReturn(response), beforeFirst),
          discard: streams.discard,
        })
      : respondAsJson(requests.length, isBatch(request));
    for (const message of requests) {
      pending.add(message, response);
    }
    return response;
  }

  async function responseOf(request: UpstreamRequest, response: PostResponse): Promise<UpstreamResponse> {
    // Until the reply has begun there is nothing to come back for.
    const onAbort = () => abandoned.left(response, abortReason(upstream, request.signal));
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) {
      onAbort();
    }
    try {
      const reply = await response.reply;
      if (reply.headers["content-type"] === EVENT_STREAM) {
        destroyOnAbort(reply.body, request.signal);
      }
      return reply;
    } finally {
      lastUsed = performance.now();
      request.signal.removeEventListener("abort", onAbort);
    }
  }

  function get(request: UpstreamRequest): UpstreamResponse {
    lastUsed = performance.now();
    if (!acceptsEvents(request)) {
      const message = "Not Acceptable: Client must accept text/event-stream";
      return errorResponse(406, { code: MCP_ERRORS.transport, message });
    }
    const lastEventId = request.headers["last-event-id"];
    if (lastEventId === undefined && streams.standalone.attached) {
      const message = "Conflict: Only one SSE stream is allowed per session";
      return errorResponse(409, { code: MCP_ERRORS.transport, message });
    }
    const reply =
      lastEventId === undefined
        ? eventStreamResponse(streams.standalone.attach())
        : streams.resume(lastEventId);
    destroyOnAbort(reply.body, request.signal);
    return reply;
  }

  return {
    idleSince: () => {
      if (pending.size === 0 && !streams.attached) {
        return lastUsed;
      }
      lastUsed = performance.now();
      return null;
    },
    quietSince: () => (pending.size > 0 ? null : lastWord),
    get initialized() {
      return initialized;
    },
    post,
    get,
    keepAlive: () => streams.keepAlive(),
    end: () => {
      release(new UpstreamError("cancelled", `the session of upstream "${upstream}" was ended`));
      return server.stop();
    },
  };
}
