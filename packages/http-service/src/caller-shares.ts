import { TransportError } from "./transport-error.ts";

/** What requests of one caller, and of all callers together, may hold at once. */
export interface ShareLimits {
  readonly maxRequestsPerCaller: number;
  /** Bytes of request bodies. */
  readonly maxBufferedBytes: number;
  readonly maxBufferedBytesPerCaller: number;
}

export interface CallerShares {
  /** For one request of the caller. Throws 429 when as many of them are in flight as may be. */
  open(caller: string): RequestShare;
  /** Bytes of request bodies held for all callers. */
  readonly buffered: number;
}

/** What one request holds. */
export interface RequestShare {
  /** Takes room for so many bytes of its body. Throws 429 or 503 when there is none. */
  take(bytes: number): void;
  /** The request is over; further calls do nothing. */
  release(): void;
}

/** What each caller always has room for, also where others hold all that may be held. */
const ALWAYS = 256 * 1024;

interface Held {
  requests: number;
  bytes: number;
}

export function createCallerShares(limits: ShareLimits): CallerShares {
  const callers = new Map<string, Held>();
  let buffered = 0;

  function heldBy(caller: string): Held {
    let held = callers.get(caller);
    if (held === undefined) {
      callers.set(caller, (held = { requests: 0, bytes: 0 }));
    }
    return held;
  }

  return {
    get buffered() {
      return buffered;
    },
    open(caller) {
      const held = heldBy(caller);
      if (held.requests >= limits.maxRequestsPerCaller) {
        throw tooMany("Too many of your requests are in flight; wait for some of them to end.");
      }
      held.requests += 1;
      let bytes = 0;
      let released = false;
      return {
        take(more) {
          // Its client has left: what is taken now would never be given back. Or there is no body.
          if (released || more === 0) {
            return;
          }
          const after = held.bytes + more;
          if (after > limits.maxBufferedBytesPerCaller) {
            throw tooMany("The bodies of your requests in flight are too large together.");
          }
          // No more than is free: however many take all that they can, room is left for the next one.
          if (after > Math.max(limits.maxBufferedBytes - buffered, ALWAYS)) {
            const message = "The bodies of all requests in flight are too large together; try again.";
            throw new TransportError("overloaded", message, { headers: { "retry-after": "1" } });
          }
          bytes += more;
          held.bytes += more;
          buffered += more;
        },
        release() {
          if (released) {
            return;
          }
          released = true;
          held.requests -= 1;
          held.bytes -= bytes;
          buffered -= bytes;
          if (held.requests === 0) {
            callers.delete(caller);
          }
        },
      };
    },
  };
}

function tooMany(message: string): TransportError {
  return new TransportError("too_many_requests", message, { headers: { "retry-after": "1" } });
}
