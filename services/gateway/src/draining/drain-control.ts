import { createEndNotice, createInFlight, type EndNotice } from "@sark/scheduling";
import type { Presence, RequestKind, Service } from "../domain/service.ts";

export const DRAIN_STATES = ["serving", "draining", "drained"] as const;
export type DrainState = (typeof DRAIN_STATES)[number];

/** What happens to the service as a whole. Implementations must not throw. */
export interface DrainObserver {
  drainBegan(event: { readonly timeoutMs: number; readonly calls: number; readonly streams: number }): void;
  /** `cut`: the calls that were not over in time. */
  drained(event: { readonly cut: number }): void;
  drainEnded(): void;
}

export interface DrainStatus {
  readonly state: DrainState;
  /** When draining began; `null` while serving. Milliseconds since the epoch. */
  readonly since: number | null;
  /** When calls that still run are cut. */
  readonly cutAt: number | null;
  readonly callsRunning: number;
  readonly streamsOpen: number;
  /** Calls of this drain that were not over in time. */
  readonly callsCut: number;
}

export interface DrainRequest {
  readonly timeoutMs: number;
  readonly delayMs: number;
  /** The process ends after it: nothing takes the gateway back into service. */
  readonly final?: boolean;
}

export interface DrainControl extends Service {
  /**
   * Takes the gateway out of service: not ready and no new sessions from now on; after `delayMs`, when balancers have
   * noticed, streams are ended; what runs `timeoutMs` later is cut. While it drains already, an earlier end counts.
   */
  begin(request: DrainRequest): Draining;
  /** Back into service; `false` where the process ends. */
  end(): boolean;
  status(): DrainStatus;
}

export interface Draining {
  /** Balancers have had their time, and streams are told to connect again. */
  readonly streamsEnded: Promise<void>;
  /** No call runs any more. Stays open when the gateway goes back into service before that. */
  readonly drained: Promise<void>;
}

type Entry = Presence & EndNotice;

interface Drain {
  readonly since: number;
  cutAt: number;
  streamsEnded: boolean;
  cut: number;
  readonly timers: { streams: NodeJS.Timeout; cut: NodeJS.Timeout };
  readonly ended: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
}

/** One state for all ways to end: an operator's drain and the signal that ends the process are the same. */
export function createDrainControl(deps: {
  /** Readiness follows. */
  readonly health: { setDraining(draining: boolean): void };
  readonly observer: DrainObserver;
}): DrainControl {
  const { health, observer } = deps;
  const calls = createInFlight<Entry>();
  const streams = createInFlight<Entry>();
  let state: DrainState = "serving";
  let current: Drain | null = null;
  let ending = false;

  function takes(kind: RequestKind): boolean {
    switch (kind) {
      case "end":
        return true;
      case "call":
        return state !== "drained";
      case "stream":
        return current === null || !current.streamsEnded;
      case "session":
        return state === "serving";
    }
  }

  function endStreams(drain: Drain): void {
    drain.streamsEnded = true;
    for (const stream of streams.all()) {
      stream.end();
    }
    drain.ended.resolve();
    settle(drain);
  }

  /** Drained as soon as nothing runs, and streams have been ended. */
  function settle(drain: Drain): void {
    if (drain === current && state === "draining" && drain.streamsEnded && calls.size === 0) {
      finish(drain);
    }
  }

  function finish(drain: Drain): void {
    state = "drained";
    clearTimeout(drain.timers.cut);
    observer.drained({ cut: drain.cut });
    drain.over.resolve();
  }

  function cut(drain: Drain): void {
    if (!drain.streamsEnded) {
      clearTimeout(drain.timers.streams);
      endStreams(drain);
    }
    if (state !== "draining") {
      return;
    }
    drain.cut = calls.size;
    for (const call of calls.all()) {
      call.end();
    }
    finish(drain);
  }

  function start(timeoutMs: number, delayMs: number): Drain {
    const since = Date.now();
    const drain: Drain = {
      since,
      cutAt: since + delayMs + timeoutMs,
      streamsEnded: false,
      cut: 0,
      timers: {
        streams: setTimeout(() => endStreams(drain), delayMs),
        cut: setTimeout(() => cut(drain), delayMs + timeoutMs),
      },
      ended: Promise.withResolvers(),
      over: Promise.withResolvers(),
    };
    current = drain;
    state = "draining";
    health.setDraining(true);
    observer.drainBegan({ timeoutMs, calls: calls.size, streams: streams.size });
    return drain;
  }

  /** A drain that was to take longer is cut earlier. */
  function hasten(drain: Drain, timeoutMs: number, delayMs: number): void {
    const cutAt = Date.now() + delayMs + timeoutMs;
    if (state !== "draining" || cutAt >= drain.cutAt) {
      return;
    }
    drain.cutAt = cutAt;
    clearTimeout(drain.timers.cut);
    drain.timers.cut = setTimeout(() => cut(drain), delayMs + timeoutMs);
  }

  return {
    enter(kind) {
      if (!takes(kind)) {
        return null;
      }
      const entries = kind === "stream" ? streams : calls;
      const entry: Entry = {
        ...createEndNotice(),
        leave() {
          entries.leave(place);
          if (current !== null) {
            settle(current);
          }
        },
      };
      const place = entries.enter(entry);
      return entry;
    },
    begin({ timeoutMs, delayMs, final = false }) {
      ending ||= final;
      if (current === null) {
        const { ended, over } = start(timeoutMs, delayMs);
        return { streamsEnded: ended.promise, drained: over.promise };
      }
      hasten(current, timeoutMs, delayMs);
      return { streamsEnded: current.ended.promise, drained: current.over.promise };
    },
    end() {
      if (ending) {
        return false;
      }
      if (current === null) {
        return true;
      }
      clearTimeout(current.timers.streams);
      clearTimeout(current.timers.cut);
      current = null;
      state = "serving";
      health.setDraining(false);
      observer.drainEnded();
      return true;
    },
    status: () => ({
      state,
      since: current?.since ?? null,
      cutAt: state === "draining" ? (current?.cutAt ?? null) : null,
      callsRunning: calls.size,
      streamsOpen: streams.size,
      callsCut: current?.cut ?? 0,
    }),
  };
}
