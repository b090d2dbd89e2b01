import type { Readable } from "node:stream";
import type { UpstreamError } from "../../../domain/upstream.ts";
import { createEventBody, type EventBody } from "../wire/event-body.ts";
import { messageEvent } from "../../../event-streams/event.ts";
import { primingEvent } from "../wire/event-bytes.ts";
import type { ReplayBuffer, ReplayedStream } from "./replay-buffer.ts";

/**
 * A stream of events in the sense of the older revisions: it outlives the connections on which it is
 * read, and its event ids (`<stream>-<number>`) are cursors within it.
 */
export interface EventStream {
  readonly id: string;
  /** Whether a client reads it right now. */
  readonly attached: boolean;
  readonly finished: boolean;
  send(message: Buffer | string): void;
  /** Gives the client an id to resume from before anything happened. */
  prime(): void;
  /** A body with everything that no client was sent yet, and what is to come. */
  attach(): Readable;
  /** The same from after an event on; `evicted` when that is no longer possible, `unknown` for an id never given. */
  resume(sequence: number): Readable | "evicted" | "unknown" | "nothing";
  finish(): void;
  fail(error: UpstreamError): void;
  keepAlive(): void;
}

export interface EventStreamOptions {
  readonly id: string;
  readonly upstream: string;
  readonly maxUnreadBytes: number;
  readonly buffer: ReplayBuffer;
  /** Runs once, before the first message. */
  beforeFirst(): void;
  /** The client left although the stream is not finished. */
  onDetached(): void;
  /** An event left the buffer that no client was ever sent. */
  onLost(): void;
}

export function createEventStream(options: EventStreamOptions): EventStream {
  const { id, buffer } = options;
  let last = 0;
  let sent = 0;
  let evicted = 0;
  let body: EventBody | null = null;
  let finished = false;
  let begun = false;
  const replayed: ReplayedStream = {
    evictedUpTo: (sequence) => {
      evicted = sequence;
      if (sequence > sent) {
        options.onLost();
      }
    },
  };

  function deliver(sequence: number, event: Buffer): void {
    if (body !== null) {
      // Pushing may find that the reader has left, which sets `body` to null.
      sent = sequence;
      body.push(event);
    }
  }

  function open(from: number): Readable {
    body?.end();
    const opened = createEventBody(options.upstream, options.maxUnreadBytes, () => {
      if (body === opened) {
        body = null;
        options.onDetached();
      }
    });
    body = opened;
    for (const { sequence, event } of buffer.after(replayed, from)) {
      deliver(sequence, event);
    }
    if (finished) {
      close();
    }
    return opened.readable;
  }

  function close(): void {
    const closing = body;
    body = null;
    closing?.end();
  }

  return {
    id,
    get attached() {
      return body !== null;
    },
    get finished() {
      return finished;
    },
    send: (message) => {
      if (!begun) {
        begun = true;
        options.beforeFirst();
      }
      last += 1;
      const event = messageEvent(message, { id: `${id}-${last}` });
      const sequence = last;
      // Delivered first: an event too large for the buffer is evicted at once but not lost.
      deliver(sequence, event);
      buffer.add(replayed, sequence, event);
    },
    prime: () => {
      last += 1;
      deliver(last, primingEvent(`${id}-${last}`));
    },
    attach: () => open(sent),
    resume: (sequence) => {
      if (sequence > last) {
        return "unknown";
      }
      if (sequence < evicted) {
        return "evicted";
      }
      return finished && sequence === last ? "nothing" : open(sequence);
    },
    finish: () => {
      finished = true;
      close();
    },
    fail: (error) => {
      finished = true;
      const failing = body;
      body = null;
      failing?.fail(error);
    },
    keepAlive: () => body?.keepAlive(),
  };
}
