import type { Awaitable } from "../../domain/awaitable.ts";
import type { Hold } from "./held-bytes.ts";

/** What a stream has in hand beyond what any stream may: a chunk as it comes from the network. */
const UNCOUNTED_BYTES = 64 * 1024;

/** Room for the events of one stream. Those that are small cost nothing: they are never many at once. */
export interface StreamRoom {
  /** So many bytes were read and not passed on. Waits until there is room for them. */
  read(bytes: number): Awaitable<void>;
  /** An event of so many bytes goes to the client. */
  sent(bytes: number): void;
}

/** @param signal ends the wait with the stream */
export function createStreamRoom(hold: Hold, signal: AbortSignal): StreamRoom {
  let counted = 0;
  // Of what was sent, one event can be in the stream's buffer and one in the client's connection.
  let last = 0;
  let lastButOne = 0;

  return {
    read(bytes) {
      const inHand = bytes + last + lastButOne;
      const now = inHand > UNCOUNTED_BYTES ? inHand : 0;
      const more = now - counted;
      if (more < 0) {
        hold.give(-more);
      }
      counted = now;
      return more > 0 ? hold.take(more, signal) : undefined;
    },
    sent(bytes) {
      [lastButOne, last] = [last, bytes];
    },
  };
}
