import type { UpstreamError, UpstreamResponse } from "../../../domain/upstream.ts";
import { eventStreamResponse, jsonResponse } from "../wire/responses.ts";
import type { EventStream } from "./event-stream.ts";

/** Where the responses to the requests of one POST go. */
export interface PostResponse {
  /** Takes messages that come before the responses; `null` when the reply is one JSON body in any case. */
  readonly stream: EventStream | null;
  readonly reply: Promise<UpstreamResponse>;
  responded(message: Buffer | string): void;
  fail(error: UpstreamError): void;
}

/** One JSON body once every request has its response: an object, or an array for a batch. */
export function respondAsJson(requests: number, batch: boolean): PostResponse {
  const reply = Promise.withResolvers<UpstreamResponse>();
  // When the request could not even be sent, the rejection has no other handler.
  reply.promise.catch(() => {});
  const responses: string[] = [];
  return {
    stream: null,
    reply: reply.promise,
    responded: (message) => {
      responses.push(message.toString());
      if (responses.length === requests) {
        reply.resolve(jsonResponse(200, batch ? `[${responses.join(",")}]` : (responses[0] ?? "")));
      }
    },
    fail: (error) => reply.reject(error),
  };
}

/**
 * One JSON body when the response is the first thing that the server says, and an event stream when anything comes
 * before it, or when nothing has come after `streamAfterMs`: from then on the client has an event id to come back
 * with, and sees that the connection is alive. Nothing is held back for the choice, so the first of several responses
 * opens the stream, too.
 */
export function respondAsItComes(
  requests: number,
  options: {
    readonly batch: boolean;
    /** The client understands an event without data. */
    readonly primed: boolean;
    readonly streamAfterMs: number;
    /** Makes the stream; `beforeFirst` runs before its first message. */
    open(beforeFirst: () => void): EventStream;
    /** Nothing was ever told on it. */
    discard(stream: EventStream): void;
  },
): PostResponse {
  const reply = Promise.withResolvers<UpstreamResponse>();
  reply.promise.catch(() => {});
  const stream = options.open(streamIt);
  // A client waits for it already, so messages may go there.
  const body = stream.attach();
  let chosen = false;
  let open = requests;
  const timer = setTimeout(streamIt, options.streamAfterMs);
  timer.unref();

  function choose(): boolean {
    clearTimeout(timer);
    const first = !chosen;
    chosen = true;
    return first;
  }

  function streamIt(): void {
    if (!choose()) {
      return;
    }
    if (options.primed) {
      stream.prime();
    }
    reply.resolve(eventStreamResponse(body));
  }

  return {
    stream,
    reply: reply.promise,
    responded: (message) => {
      open -= 1;
      if (open === 0 && choose()) {
        options.discard(stream);
        reply.resolve(jsonResponse(200, options.batch ? `[${message.toString()}]` : message));
        return;
      }
      stream.send(message);
      if (open === 0) {
        stream.finish();
      }
    },
    fail: (error) => {
      if (choose()) {
        options.discard(stream);
        reply.reject(error);
      } else {
        stream.fail(error);
      }
    },
  };
}
