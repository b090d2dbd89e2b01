import type { Readable } from "node:stream";
import { failureOf, type UpstreamFailure } from "../errors/upstream-failure.ts";
import type { StreamEnd, StreamKind } from "../observer.ts";
import { createEventSplitter } from "../response/event-splitter.ts";
import { readEvent, withData } from "../response/event.ts";
import { inspectMessages, type InspectionContext } from "../response/inspect.ts";
import { streamFrom } from "../response/stream-from.ts";
import type { Conversation } from "./conversation.ts";
import { reportMalformed } from "./fail-calls.ts";
import type { EndedBy, Lifeline } from "./lifeline.ts";

/** How a stream came to its end. */
export interface Ending {
  readonly endedBy: EndedBy | null;
  /** What went wrong upstream; `null` for a clean end. */
  readonly failure: UpstreamFailure | null;
  /** Events with ids went through: the client may come back for the rest. */
  readonly resumable: boolean;
}

export interface Conclusion {
  /** Events to send before the end. */
  readonly last: readonly Buffer[];
  readonly end: StreamEnd;
}

export interface EventRelay {
  readonly conversation: Conversation;
  readonly body: Readable;
  readonly lifeline: Lifeline;
  readonly kind: StreamKind;
  readonly inspection: InspectionContext;
  /** Events of the gateway's own to begin with. */
  readonly first: readonly Buffer[];
  /** Called exactly once, as soon as the end is known. */
  conclude(ending: Ending): Conclusion;
  /** Called once afterwards. */
  closed(): void;
}

/**
 * Passes events on as they come, each as a whole and at once, byte for byte unless it had to change. Reads no
 * further than the client does.
 */
export function relayEvents(relay: EventRelay): Readable {
  const { conversation, body, lifeline, kind, inspection } = relay;
  const { observer, limits } = conversation.parts;
  const server = conversation.upstream.name;
  const splitter = createEventSplitter(limits.maxEventBytes);
  let resumable = false;
  let events = 0;
  let bytes = 0;
  let conclusion: Conclusion | null = null;

  function conclude(failure: UpstreamFailure | null): readonly Buffer[] {
    if (conclusion === null) {
      conclusion = relay.conclude({ endedBy: lifeline.endedBy, failure, resumable });
      lifeline.close();
      observer.streamClosed({ server, stream: kind, end: conclusion.end, events, bytes });
      relay.closed();
    }
    return conclusion.last;
  }

  async function pass(raw: Buffer): Promise<Buffer | null> {
    const event = readEvent(raw);
    if (event.hasId) resumable = true;
    // Clients take messages of this type only; an event without data is a comment or a place to come back to.
    if (event.data === null || event.data === "" || event.type !== "message") return raw;
    const text = await inspectMessages(event.data, inspection);
    if (text === null) return null;
    return text === event.data ? raw : withData(raw, text);
  }

  async function* run(): AsyncGenerator<Buffer> {
    yield* relay.first;
    let failure: UpstreamFailure | null = null;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        for (const raw of splitter.push(chunk)) {
          const passed = await pass(raw);
          // Ended meanwhile: its calls have their answers already.
          if (conclusion !== null) throw new Error("the stream has ended");
          if (passed === null) continue;
          events += 1;
          bytes += passed.length;
          yield passed;
        }
      }
    } catch (error) {
      failure = failureOf(error);
      if (lifeline.endedBy === null) reportMalformed(conversation, error);
    }
    yield* conclude(failure);
  }

  observer.streamOpened({ server, stream: kind });
  lifeline.onEnd(() => {
    conclude(null);
    body.destroy();
  });
  return streamFrom(run(), () => lifeline.end("client"));
}
