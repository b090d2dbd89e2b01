import type { Awaitable } from "../../../domain/awaitable.ts";
import { COMMENT, type EventParser, type ServerSentEvent } from "../../../event-streams/event-parser.ts";
import type { UpstreamFailure } from "../../errors/upstream-failure.ts";

/** A stream of events, as far as it is passed on. */
export interface Relaying {
  readonly first: readonly Buffer[];
  /** Of the stream as it is now: it may have been taken up again. */
  chunks(): AsyncIterable<Buffer>;
  /** Nothing more is due on a stream that was taken up again. */
  isOver(): boolean;
  parser(): EventParser;
  inTurn<T>(work: () => Awaitable<T>): Awaitable<T>;
  /** Waits until there is room for so many bytes. */
  room(bytes: number): Awaitable<void>;
  pass(event: ServerSentEvent | typeof COMMENT): Awaitable<readonly Buffer[]>;
  sent(written: Buffer): void;
  /** `null` where the stream was taken up again after this failure, which is told otherwise. */
  goesOn(error: unknown): Promise<UpstreamFailure | null>;
  conclude(failure: UpstreamFailure | null): readonly Buffer[];
}

// Functions of the module: generators of a function that is made anew for each stream have a prototype of their own, and
// the engine looks up all that they are asked for as if it saw them for the first time.

/** All that a client gets of a stream, from its first event on. */
export async function* passStream(relaying: Relaying): AsyncGenerator<Buffer> {
  yield* relaying.first;
  yield* passOn(relaying);
}

/** The same without what comes first. */
export async function* passOn(relaying: Relaying): AsyncGenerator<Buffer> {
  let failure: UpstreamFailure | null = null;
  for (let open = true; open;) {
    open = false;
    try {
      yield* passAll(relaying);
    } catch (error) {
      failure = await relaying.goesOn(error);
      open = failure === null;
    }
  }
  yield* relaying.conclude(failure);
}

async function* passAll(relaying: Relaying): AsyncGenerator<Buffer> {
  const parser = relaying.parser();
  for await (const chunk of relaying.chunks()) {
    // Also a chunk without a complete event is work, and more of them may lie ready.
    const found = await relaying.inTurn(() => parser.push(chunk));
    let left = found.reduce((bytes, event) => bytes + sizeOf(event), parser.held());
    for (const event of found) {
      await relaying.room(left);
      left -= sizeOf(event);
      for (const written of await relaying.inTurn(() => relaying.pass(event))) {
        relaying.sent(written);
        yield written;
      }
    }
    await relaying.room(parser.held());
    if (relaying.isOver()) {
      return;
    }
  }
}

/** The same for what has come as a whole: a generator takes half a dozen promises for each event. */
export async function passWhole(relaying: Relaying, whole: Buffer, written: Buffer[]): Promise<void> {
  const parser = relaying.parser();
  const parsing = relaying.inTurn(() => parser.push(whole));
  const found = parsing instanceof Promise ? await parsing : parsing;
  let left = found.reduce((bytes, event) => bytes + sizeOf(event), parser.held());
  for (const event of found) {
    const waiting = relaying.room(left);
    if (waiting instanceof Promise) {
      await waiting;
    }
    left -= sizeOf(event);
    const passing = relaying.inTurn(() => relaying.pass(event));
    for (const one of passing instanceof Promise ? await passing : passing) {
      relaying.sent(one);
      written.push(one);
    }
  }
}

function sizeOf(event: ServerSentEvent | typeof COMMENT): number {
  return event === COMMENT ? 0 : (event.data?.length ?? 0);
}
