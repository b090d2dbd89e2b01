import type { JsonRpcId, JsonRpcMessage, JsonRpcRequest } from "../../../domain/json-rpc.ts";
import { UpstreamError, type UpstreamRequest, type UpstreamResponse } from "../../../domain/upstream.ts";
import { type MessageProcess, type Program, startProcess } from "../process/message-process.ts";
import { destroyOnAbort } from "../wire/event-body.ts";
import { onOneLine } from "../wire/event-bytes.ts";
import { idParam, isNotification, isRequest, isResponse } from "../wire/messages.ts";
import { emptyReply, errorReply, eventStreamReply } from "../wire/replies.ts";
import { acceptsEvents, isBatch, wantsEvents } from "../wire/accepted-forms.ts";
import { type Answer, answerAsEvents, answerAsJson } from "./answers.ts";
import { createEventStreams } from "./event-streams.ts";
import { routeServerMessage } from "./message-routing.ts";
import { createPendingRequests } from "./pending-requests.ts";
import { createServerRequests } from "./server-requests.ts";

/** One session of the older revisions: one process, spoken to through POST and GET. */
export interface Session {
  /** Since when nobody uses it, by `performance.now()`; `null` while somebody does. */
  idleSince(): number | null;
  /** Whether the server agreed to `initialize`. */
  readonly initialized: boolean;
  post(request: UpstreamRequest): Promise<UpstreamResponse>;
  get(request: UpstreamRequest): UpstreamResponse;
  keepAlive(): void;
  /** Ends the process; resolves when it is gone. */
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly program: Program;
  /** The process is gone, for whatever reason. */
  readonly onGone: () => void;
}

/** The first revision whose clients understand an event without data. */
const PRIMED_SINCE = "2025-11-25";

export function createSession({ program, onGone }: SessionOptions): Session {
  const { upstream, limits, observe } = program;
  const streams = createEventStreams({
    upstream,
    replayEvents: limits.replayEvents,
    replayBytes: limits.replayBytes,
    onLost: () => observe({ type: "replay_dropped", events: 1 }),
  });
  const pending = createPendingRequests({
    timeoutMs: limits.requestMs,
    onTimeout: ({ id, method, answer }) => {
      cancelUpstream(id, method, "timed out");
      const seconds = limits.requestMs / 1_000;
      fail(
        answer,
        new UpstreamError("upstream_timeout", `upstream "${upstream}" was silent for ${seconds} s`),
      );
    },
  });
  const serverRequests = createServerRequests();
  const tables = { pending, serverRequests, standalone: streams.standalone, observe };
  const graceTimers = new Map<Answer, NodeJS.Timeout>();
  let lastUsed = performance.now();
  let initialized = false;

  const server: MessageProcess = startProcess(program, "session", {
    onMessage: (message, line) => {
      const answered = routeServerMessage(tables, message, line);
      initialized ||= answered?.method === "initialize" && "result" in message;
    },
    onEnd: (reason) => {
      release(reason);
      onGone();
    },
  });

  function release(reason: UpstreamError): void {
    for (const timer of graceTimers.values()) {
      clearTimeout(timer);
    }
    for (const request of pending.takeAll()) {
      request.answer.fail(reason);
    }
    streams.finishAll();
  }

  /** An answer that failed for one of its requests is of no use for the others. */
  function fail(answer: Answer, error: UpstreamError): void {
    for (const request of pending.of(answer)) {
      pending.take(request.id);
      cancelUpstream(request.id, request.method, error.message);
    }
    answer.fail(error);
  }

  function cancelUpstream(id: JsonRpcId, method: string, reason: string): void {
    // A client must not cancel `initialize`; its session ends instead.
    if (method !== "initialize") {
      const params = { requestId: id, reason };
      trySend(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
    }
  }

  function trySend(message: string): void {
    try {
      server.send(message);
    } catch {
      // Gone or deaf: there is nobody to tell.
    }
  }

  function left(answer: Answer): void {
    fail(answer, new UpstreamError("cancelled", `the caller left its call of upstream "${upstream}"`));
  }

  /** The client of an event stream is gone; it may come back with the id of the last event it saw. */
  function awaitReturn(answer: Answer): void {
    clearTimeout(graceTimers.get(answer));
    const timer = setTimeout(() => {
      graceTimers.delete(answer);
      if (answer.stream?.attached === false && !answer.stream.finished) {
        left(answer);
      }
    }, limits.resumeMs);
    graceTimers.set(answer, timer);
  }

  function answerFor(request: UpstreamRequest, requests: readonly JsonRpcRequest[]): Answer {
    if (!wantsEvents(request, requests)) {
      return answerAsJson(requests.length, isBatch(request));
    }
    const stream = streams.open(() => awaitReturn(answer));
    const answer: Answer = answerAsEvents(requests.length, stream);
    if ((request.headers["mcp-protocol-version"] ?? "") >= PRIMED_SINCE) {
      stream.prime();
    }
    return answer;
  }

  function forward(request: UpstreamRequest, messages: readonly JsonRpcMessage[]): void {
    if (isBatch(request) || request.body === null) {
      for (const message of messages) {
        server.send(JSON.stringify(message));
      }
    } else {
      server.send(onOneLine(request.body));
    }
  }

  /** What the client's messages say about exchanges that are under way. */
  function note(message: JsonRpcMessage): void {
    if (isResponse(message) && message.id !== undefined && message.id !== null) {
      serverRequests.answered(message.id);
    } else if (isNotification(message) && message.method === "notifications/cancelled") {
      const id = idParam(message, "requestId");
      const request = id === null ? undefined : pending.take(id);
      if (request !== undefined) {
        // The server sends no answer any more, so the reply that waits for it ends here.
        const error = { code: -32000, message: "Request cancelled by the client" };
        request.answer.answered(JSON.stringify({ jsonrpc: "2.0", id: request.id, error }));
      }
    }
  }

  async function post(request: UpstreamRequest): Promise<UpstreamResponse> {
    lastUsed = performance.now();
    const messages = request.messages ?? [];
    const requests = messages.filter(isRequest);
    const duplicate = requests.find(
      ({ id }, at) => pending.has(id) || requests.findIndex((r) => r.id === id) !== at,
    );
    if (duplicate !== undefined) {
      const error = { code: -32600, message: "Invalid Request: this id is in use by another request" };
      return errorReply(400, error, duplicate.id);
    }
    if (pending.size + requests.length > limits.inFlight) {
      throw new UpstreamError(
        "upstream_overloaded",
        `a session of upstream "${upstream}" has ${pending.size} requests in flight, which is its limit`,
      );
    }
    if (requests.length === 0) {
      forward(request, messages);
      messages.forEach(note);
      return emptyReply(202);
    }
    const answer = answerFor(request, requests);
    for (const message of requests) {
      pending.add(message, answer);
    }
    try {
      forward(request, messages);
    } catch (error) {
      for (const message of requests) {
        pending.take(message.id);
      }
      answer.stream?.finish();
      throw error;
    }
    messages.forEach(note);
    return replyOf(request, answer);
  }

  async function replyOf(request: UpstreamRequest, answer: Answer): Promise<UpstreamResponse> {
    if (answer.stream !== null) {
      const reply = await answer.reply;
      destroyOnAbort(reply.body, request.signal);
      return reply;
    }
    // A JSON body cannot be resumed, so nobody waits for its client to come back.
    const onAbort = () => left(answer);
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) {
      onAbort();
    }
    try {
      return await answer.reply;
    } finally {
      lastUsed = performance.now();
      request.signal.removeEventListener("abort", onAbort);
    }
  }

  function get(request: UpstreamRequest): UpstreamResponse {
    lastUsed = performance.now();
    if (!acceptsEvents(request)) {
      return errorReply(406, {
        code: -32000,
        message: "Not Acceptable: Client must accept text/event-stream",
      });
    }
    const lastEventId = request.headers["last-event-id"];
    if (lastEventId !== undefined) {
      const { reply } = streams.resume(lastEventId);
      destroyOnAbort(reply.body, request.signal);
      return reply;
    }
    if (streams.standalone.attached) {
      const message = "Conflict: Only one SSE stream is allowed per session";
      return errorReply(409, { code: -32000, message });
    }
    const reply = eventStreamReply(streams.standalone.attach());
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
