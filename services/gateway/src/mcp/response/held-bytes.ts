import type { Awaitable } from "../../domain/awaitable.ts";
import { createInFlight, type InFlight, type Place } from "@sark/scheduling";

/** Room for what the gateway has in hand of responses until clients have taken them: a share for each caller. */
export interface HeldBytes {
  /** For one response to the caller. */
  open(caller: string): Hold;
  /** Bytes held for all callers. */
  readonly total: number;
}

export interface Hold {
  /** Waits until there is room for so many bytes more. Throws, or rejects, when `signal` aborts first. */
  take(bytes: number, signal: AbortSignal): Awaitable<void>;
  /** Gives back some of them. */
  give(bytes: number): void;
  /** Gives back all of them; further calls do nothing. */
  release(): void;
}

export interface HeldLimits {
  readonly maxPerCaller: number;
  /** Of all callers; exceeded by the oldest response and by what each caller always has. */
  readonly maxTotal: number;
  /** Each caller always has so much, so that a full gateway still passes on what is small. */
  readonly always: number;
}

interface Response {
  readonly caller: Caller;
  bytes: number;
  /** Where it stands among those of its caller, and among all, while it holds something or waits to. */
  places: { readonly own: Place<Response>; readonly all: Place<Response> } | null;
  waiting: { readonly bytes: number; go(): void } | null;
}

interface Caller {
  bytes: number;
  /** Holds that were opened and not released. */
  open: number;
  /** Those that hold something or wait to, in the order in which they began to. */
  readonly responses: InFlight<Response>;
}

/**
 * What is beyond the share of a caller stays with its server until others were taken. A caller may hold no more than is
 * still free (the dynamic threshold of switches' shared buffers): however many take all that they can, room is left for the next
 * one. The oldest response of a caller is not bound by its own share, and the oldest of all always has room, so that of
 * many that are half read one gets done.
 */
export function createHeldBytes({ maxPerCaller, maxTotal, always }: HeldLimits): HeldBytes {
  const callers = new Map<string, Caller>();
  const all = createInFlight<Response>();
  const waiting = new Set<Response>();
  let total = 0;

  function hasRoom(response: Response, bytes: number): boolean {
    const { caller } = response;
    const after = caller.bytes + bytes;
    if (after <= Math.min(always, maxPerCaller) || all.first === response) {
      return true;
    }
    if (after > maxTotal - total) {
      return false;
    }
    return after <= maxPerCaller || caller.responses.first === response;
  }

  function add(response: Response, bytes: number): void {
    response.bytes += bytes;
    response.caller.bytes += bytes;
    total += bytes;
  }

  function enter(response: Response): void {
    response.places ??= { own: response.caller.responses.enter(response), all: all.enter(response) };
  }

  function leave(response: Response): void {
    if (response.places !== null) {
      response.caller.responses.leave(response.places.own);
      all.leave(response.places.all);
      response.places = null;
    }
  }

  function letGo(): void {
    for (const response of waiting) {
      const wanted = response.waiting;
      if (wanted === null || !hasRoom(response, wanted.bytes)) {
        continue;
      }
      stopWaiting(response);
      add(response, wanted.bytes);
      wanted.go();
    }
  }

  function stopWaiting(response: Response): void {
    response.waiting = null;
    waiting.delete(response);
  }

  async function wait(response: Response, bytes: number, signal: AbortSignal): Promise<void> {
    const granted = Promise.withResolvers<void>();
    const end = () => {
      stopWaiting(response);
      if (response.bytes === 0) {
        leave(response);
      }
      granted.reject(signal.reason as Error);
      letGo();
    };
    response.waiting = { bytes, go: granted.resolve };
    waiting.add(response);
    signal.addEventListener("abort", end, { once: true });
    try {
      await granted.promise;
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  function give(response: Response, bytes: number): void {
    add(response, -bytes);
    if (response.bytes === 0 && response.waiting === null) {
      leave(response);
    }
    letGo();
  }

  return {
    get total() {
      return total;
    },
    open(name) {
      const caller = callers.get(name) ?? { bytes: 0, open: 0, responses: createInFlight<Response>() };
      callers.set(name, caller);
      caller.open += 1;
      const response: Response = { caller, bytes: 0, places: null, waiting: null };
      let released = false;
      return {
        take(bytes, signal) {
          signal.throwIfAborted();
          // Its client has left: nothing would give it back.
          if (released) {
            return undefined;
          }
          enter(response);
          if (!hasRoom(response, bytes)) {
            return wait(response, bytes, signal);
          }
          add(response, bytes);
          return undefined;
        },
        give: (bytes) => give(response, Math.min(bytes, response.bytes)),
        release() {
          if (released) {
            return;
          }
          released = true;
          stopWaiting(response);
          give(response, response.bytes);
          caller.open -= 1;
          if (caller.open === 0) {
            callers.delete(name);
          }
        },
      };
    },
  };
}
