import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { emptyResponse, errorResponse, eventStreamResponse } from "../wire/responses.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { createReplayBuffer } from "./replay-buffer.ts";

/** All event streams of a session: the standalone one (GET), and one for each POST whose response is a stream of events. */
export interface EventStreams {
  readonly standalone: EventStream;
  /**
   * A new one; `onDetached` is called whenever its client leaves before the end, `beforeFirst` before its first
   * message.
   */
  open(onDetached: () => void, beforeFirst: () => void): EventStream;
  /** Forgets one on which nothing was told. */
  discard(stream: EventStream): void;
  /** Continues the stream that an event id belongs to, on a new connection. */
  resume(lastEventId: string): UpstreamResponse;
  readonly attached: boolean;
  keepAlive(): void;
  finishAll(): void;
}

export function createEventStreams(options: {
  readonly upstream: string;
  readonly replayEvents: number;
  readonly replayBytes: number;
  onLost(): void;
}): EventStreams {
  const buffer = createReplayBuffer({ events: options.replayEvents, bytes: options.replayBytes });
  const streams = new Map<string, EventStream>();
  let opened = 0;

  function create(onDetached: () => void, beforeFirst: () => void): EventStream {
    forgetOldest();
    const stream = createEventStream({
      id: (opened++).toString(36),
      upstream: options.upstream,
      maxUnreadBytes: options.replayBytes,
      buffer,
      onDetached,
      beforeFirst,
      onLost: options.onLost,
    });
    streams.set(stream.id, stream);
    return stream;
  }

  /** Finished streams are remembered as long as their last events might be. */
  function forgetOldest(): void {
    if (streams.size <= options.replayEvents) {
      return;
    }
    for (const [id, stream] of streams) {
      if (stream.finished) {
        streams.delete(id);
        return;
      }
    }
  }

  function resume(lastEventId: string): UpstreamResponse {
    const [, id = "", digits = ""] = /^([0-9a-z]{1,12})-(\d{1,15})$/.exec(lastEventId) ?? [];
    const body = streams.get(id)?.resume(Number(digits)) ?? "unknown";
    switch (body) {
      case "unknown":
        return errorResponse(400, { code: MCP_ERRORS.transport, message: "Invalid event ID" });
      case "evicted":
        return errorResponse(400, {
          code: MCP_ERRORS.transport,
          message: "Events after this ID are no longer kept",
        });
      case "nothing":
        // 204 tells a client to stop reconnecting (WHATWG HTML, server-sent events).
        return emptyResponse(204);
      default:
        return eventStreamResponse(body);
    }
  }

  return {
    standalone: create(nothing, nothing),
    open: create,
    discard: (stream) => {
      stream.finish();
      streams.delete(stream.id);
    },
    resume,
    get attached() {
      return [...streams.values()].some((stream) => stream.attached);
    },
    keepAlive: () => {
      for (const stream of streams.values()) {
        stream.keepAlive();
      }
    },
    finishAll: () => {
      for (const stream of streams.values()) {
        stream.finish();
      }
    },
  };
}

function nothing(): void {}
