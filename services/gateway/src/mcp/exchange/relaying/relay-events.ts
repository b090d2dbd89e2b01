import type { Readable } from "node:stream";
import { whenReady, type Awaitable } from "../../../domain/awaitable.ts";
import { MalformedResponse } from "../../errors/malformed-response.ts";
import { failureOf, type UpstreamFailure } from "../../errors/upstream-failure.ts";
import type { StreamEnd, StreamKind } from "../../contract/observer.ts";
import { COMMENT, createEventParser, type ServerSentEvent } from "../../../event-streams/event-parser.ts";
import { bareEvent, KEEP_ALIVE, messageEvent } from "../../../event-streams/event.ts";
import { inspectMessages, type InspectionContext } from "../../response/inspect.ts";
import type { Hold } from "../../response/held-bytes.ts";
import { readServerMessages } from "../../response/read-messages.ts";
import { streamFrom } from "../../response/stream-from.ts";
import { createStreamRoom } from "../../response/stream-room.ts";
import type { RequestContext } from "../context/request-context.ts";
import { sourceOf } from "../../../domain/source.ts";
import { reportMalformed } from "../context/reports.ts";
import type { EndedBy, Deadline } from "../../deadline/deadline.ts";
import { passOn, passStream, passWhole, type Relaying } from "./pass-events.ts";
import type { Break } from "./resume-stream.ts";

/** The link broke, which says nothing about the server and its calls. */
const LINK_FAILURES: ReadonlySet<string> = new Set(["upstream_died", "upstream_timeout"]);

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
  readonly context: RequestContext;
  /** Of the response; asked for when it is read. */
  body(): Readable;
  readonly deadline: Deadline;
  readonly kind: StreamKind;
  readonly inspection: InspectionContext;
  /** Room for its events, given back when the client has taken the last of them. */
  readonly hold: Hold;
  /** Events of the gateway's own to begin with. */
  readonly first: readonly Buffer[];
  /** Takes the stream up again where it broke; `null` when that is not possible, or the stream is none to resume. */
  readonly resume: ((broken: Break, heard: boolean) => Promise<Readable | null>) | null;
  /** Nothing more is due on a stream that was resumed: not every server ends it. */
  done(): boolean;
  /** Called exactly once, as soon as the end is known. */
  conclude(ending: Ending): Conclusion;
  /** Called once afterwards. */
  closed(): void;
}

/**
 * Passes messages on as they come, each at once and in an event of its own that the gateway writes: what a client
 * reads is what was inspected, however loosely it reads. Reads no further than the client does.
 */
export function relayEvents(relay: EventRelay): Readable {
  return streamFrom(passStream(open(relay)), () => relay.deadline.end("client"));
}

/** The same of a stream of which all has come: to what the client gets of it. */
export async function relayWhole(relay: EventRelay, whole: Buffer): Promise<Buffer> {
  const relaying = open(relay);
  const written = [...relaying.first];
  let failure: UpstreamFailure | null = null;
  try {
    await passWhole(relaying, whole, written);
  } catch (error) {
    failure = await relaying.goesOn(error);
    if (failure === null) {
      for await (const event of passOn(relaying)) {
        written.push(event);
      }
      return Buffer.concat(written);
    }
  }
  written.push(...relaying.conclude(failure));
  return Buffer.concat(written);
}

function open(relay: EventRelay): Relaying {
  const { context, deadline, kind, inspection } = relay;
  const { observer, limits, reading } = context.parts;
  const source = sourceOf(context.caller.principal);
  const server = context.upstream.name;
  const room = createStreamRoom(relay.hold, deadline.signal);
  /** In place of the response's own, once it was taken up again. */
  let resumed: Readable | null = null;
  /** The last one that was set; `""` when none is. */
  let lastEventId = "";
  let retryMs: number | null = null;
  /** A message has come since the stream began or was taken up again. */
  let heard = false;
  let events = 0;
  let bytes = 0;
  let conclusion: Conclusion | null = null;

  function conclude(failure: UpstreamFailure | null): readonly Buffer[] {
    if (conclusion === null) {
      conclusion = relay.conclude({ endedBy: deadline.endedBy, failure, resumable: lastEventId !== "" });
      deadline.close();
      observer.streamClosed({ server, stream: kind, end: conclusion.end, events, bytes });
      relay.closed();
    }
    return conclusion.last;
  }

  /** What the client is to name when it comes back: nothing but what it was given in this session. */
  function clientId(id: string | null): string | null {
    if (id === null || id === "") {
      return id;
    }
    const session = context.session?.upstreamId ?? null;
    return context.parts.binding.bindEvent(server, context.caller.principal, session, id);
  }

  /** What the client is sent of an event. */
  function pass(event: ServerSentEvent | typeof COMMENT): Awaitable<readonly Buffer[]> {
    if (event === COMMENT) {
      return [KEEP_ALIVE];
    }
    const { data, isMessage, id, retry } = event;
    if (!isMessage) {
      // Clients that keep to the standard pass it over, others might take it for a message: it is for none.
      reportMalformed(context, new MalformedResponse("An event of another type.", "unexpected_event"));
      return [KEEP_ALIVE];
    }
    lastEventId = id ?? lastEventId;
    retryMs = retry ?? retryMs;
    if (data === null || data.trim() === "") {
      return id === null && retry === null ? [] : [bareEvent({ id: clientId(id), retry }, data !== null)];
    }
    const messages = readServerMessages(data, limits.maxResponseValues);
    if (messages.batch && context.revision?.batches === false) {
      throw new MalformedResponse("A batch in a revision that has none.");
    }
    deadline.touch();
    heard = true;
    return inspectMessages(messages, inspection).then((texts) =>
      // Clients take one message of each event. A client that comes back after the last one has seen them all.
      texts.map((text, index) =>
        messageEvent(text, index === texts.length - 1 ? { id: clientId(id), retry } : {}),
      ),
    );
  }

  /** Whether the stream goes on after this failure. */
  async function resume(failure: UpstreamFailure): Promise<boolean> {
    if (relay.resume === null || lastEventId === "" || !LINK_FAILURES.has(failure.reasonCode)) {
      return false;
    }
    if (relay.done()) {
      return false;
    }
    const next = await relay.resume({ lastEventId, retryMs }, heard);
    if (conclusion !== null) {
      next?.destroy();
      return false;
    }
    const { correlationId } = context.caller;
    observer.streamBroken({ server, stream: kind, resumed: next !== null, correlationId });
    if (next === null) {
      return false;
    }
    heard = false;
    resumed = next;
    return true;
  }

  observer.streamOpened({ server, stream: kind });
  deadline.onEnd(() => {
    conclude(null);
    (resumed ?? relay.body()).destroy();
  });
  return {
    first: relay.first,
    chunks: () => (resumed ?? relay.body()) as AsyncIterable<Buffer>,
    isOver: () => resumed !== null && relay.done(),
    parser: () => createEventParser(limits.maxEventBytes, malformed),
    inTurn: (work) => reading.begin(source, work),
    room: room.read,
    pass: (event) =>
      whenReady(pass(event), (passed) => {
        // Ended meanwhile: its calls have their responses already.
        if (conclusion !== null) {
          throw new Error("the stream has ended");
        }
        return passed;
      }),
    sent(written) {
      events += 1;
      bytes += written.length;
      room.sent(written.length);
    },
    async goesOn(error) {
      const failure = failureOf(error);
      if (deadline.endedBy === null) {
        reportMalformed(context, error);
      }
      return deadline.endedBy === null && (await resume(failure)) ? null : failure;
    },
    conclude,
  };
}

function malformed(message: string, isTooLarge: boolean): MalformedResponse {
  return new MalformedResponse(message, isTooLarge ? "too_large" : "not_json_rpc");
}
