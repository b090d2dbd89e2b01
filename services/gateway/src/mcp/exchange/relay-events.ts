import type { Readable } from "node:stream";
import { failureOf, MalformedAnswer, type UpstreamFailure } from "../errors/upstream-failure.ts";
import type { StreamEnd, StreamKind } from "../observer.ts";
import { allowsBatches } from "../protocol/revisions.ts";
import { COMMENT, createEventParser, type ServerSentEvent } from "../response/event-parser.ts";
import { bareEvent, KEEP_ALIVE, messageEvent } from "../response/event.ts";
import { inspectMessages, type InspectionContext } from "../response/inspect.ts";
import { readServerMessages } from "../response/read-messages.ts";
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
 * Passes messages on as they come, each at once and in an event of its own that the gateway writes: what a client
 * reads is what was judged, however loosely it reads. Reads no further than the client does.
 */
export function relayEvents(relay: EventRelay): Readable {
  const { conversation, body, lifeline, kind, inspection } = relay;
  const { observer, limits } = conversation.parts;
  const server = conversation.upstream.name;
  const parser = createEventParser(limits.maxEventBytes);
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

  /** What the client is sent of an event. */
  async function pass(event: ServerSentEvent | typeof COMMENT): Promise<readonly Buffer[]> {
    if (event === COMMENT) return [KEEP_ALIVE];
    const { data, isMessage, id, retry } = event;
    if (!isMessage) {
      // Clients that keep to the standard pass it over, others might take it for a message: it is for none.
      reportMalformed(conversation, new MalformedAnswer("An event of another type.", "unexpected_event"));
      return [KEEP_ALIVE];
    }
    if (id !== null) resumable = id !== "";
    if (data === null || data.trim() === "") {
      return id === null && retry === null ? [] : [bareEvent({ id, retry }, data !== null)];
    }
    const messages = readServerMessages(data);
    if (messages.batch && !allowsBatches(conversation.version ?? undefined)) {
      throw new MalformedAnswer("A batch in a revision that has none.");
    }
    lifeline.touch();
    const texts = await inspectMessages(messages, inspection);
    // Clients take one message of each event. Whoever comes back after the last one has seen them all.
    return texts.map((text, index) => messageEvent(text, index === texts.length - 1 ? { id, retry } : {}));
  }

  async function* run(): AsyncGenerator<Buffer> {
    yield* relay.first;
    let failure: UpstreamFailure | null = null;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        for (const event of parser.push(chunk)) {
          const passed = await pass(event);
          // Ended meanwhile: its calls have their answers already.
          if (conclusion !== null) throw new Error("the stream has ended");
          for (const written of passed) {
            events += 1;
            bytes += written.length;
            yield written;
          }
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
