import type { Circuit } from "./circuit.ts";
import type { ConcurrencyLimit } from "./concurrency.ts";

/** What a request says of its receiver when it leaves. */
export type Departure =
  | { readonly kind: "succeeded"; readonly slowDown: boolean }
  /** Taken, but whether for good is told later, by `report`. */
  | { readonly kind: "accepted"; readonly slowDown: boolean }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly afterMs?: number | undefined;
      readonly unreached?: boolean;
    }
  | { readonly kind: "faulted"; readonly reason: string }
  | { readonly kind: "abandoned" };

/** A permission to send one request; one of its members is called, once. */
export interface Admission {
  leave(departure: Departure): void;
  /** Leaves and enters again, without later events getting in between. */
  reenter(departure: Departure, order: number): Promise<Admission>;
}

/** Thrown by `enter` after `stop`: what is left stays for the next start. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** Lets requests of one destination go out: the earliest events first, within the limit, when circuit and operator allow it. */
export interface AdmissionQueue {
  /** `order`: the first `seq` of the request. Rejects with `StoppedError` only. */
  enter(order: number): Promise<Admission>;
  /** How something ended that had left as `accepted`. */
  report(end: Extract<Departure, { kind: "succeeded" | "failed" | "faulted" | "abandoned" }>): void;
  readonly inFlight: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  pause(paused: boolean): void;
  /** Looks again, after something outside changed. */
  recheck(): void;
  stop(): void;
}

interface Waiting {
  readonly order: number;
  resolve(admission: Admission): void;
  reject(error: StoppedError): void;
}

/** After a receiver said that it is nearly full. */
const SLOW_DOWN_MS = 1_000;
/** Longest delay of a timer; it looks again then. */
const MAX_TIMER_MS = 60_000;

export function createAdmissionQueue(
  circuit: Circuit,
  limit: ConcurrencyLimit,
  /** Called after each admission: there is room to wait again. */
  onAdmitted: () => void = () => undefined,
  now: () => number = () => performance.now(),
): AdmissionQueue {
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let paused = false;
  let stopped = false;
  let slowUntil = 0;
  let timer: NodeJS.Timeout | undefined;

  const mayAdmit = () => !paused && !stopped && inFlight < limit.current;

  function admitWaiting(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && mayAdmit()) {
      const waitMs = Math.max(circuit.waitMs(), slowUntil - now());
      if (waitMs > 0) {
        if (waitMs !== Infinity) {
          timer = setTimeout(admitWaiting, Math.min(waitMs, MAX_TIMER_MS));
        }
        return;
      }
      const next = waiting.shift();
      if (next === undefined) {
        return;
      }
      inFlight += 1;
      const trial = circuit.enter();
      next.resolve({
        leave: (departure) => leave(departure, trial),
        reenter(departure, order) {
          const admitted = standInLine(order);
          leave(departure, trial);
          return admitted;
        },
      });
      queueMicrotask(onAdmitted);
    }
  }

  function standInLine(order: number): Promise<Admission> {
    if (stopped) {
      return Promise.reject(new StoppedError("the delivery is being stopped"));
    }
    return new Promise((resolve, reject) => {
      const at = waiting.findIndex((other) => other.order > order);
      waiting.splice(at === -1 ? waiting.length : at, 0, { order, resolve, reject });
    });
  }

  function leave(departure: Departure, trial: boolean): void {
    const saturated = inFlight >= limit.current;
    inFlight -= 1;
    if (trial) {
      circuit.trialEnded();
    }
    if (departure.kind === "succeeded" || departure.kind === "accepted") {
      if (departure.slowDown) {
        limit.failed();
        slowUntil = now() + SLOW_DOWN_MS;
      } else {
        limit.succeeded(saturated);
      }
    }
    report(departure);
  }

  function report(departure: Departure): void {
    if (departure.kind === "succeeded") {
      circuit.succeeded();
    }
    if (departure.kind === "failed") {
      circuit.failed(departure.reason, departure);
    }
    if (departure.kind === "faulted") {
      circuit.faulted(departure.reason);
    }
    if (departure.kind === "failed" || departure.kind === "faulted") {
      limit.failed();
    }
    // Not at once: what is left of the batch that leaves asks again first, and goes before later events.
    setImmediate(admitWaiting);
  }

  return {
    enter(order) {
      const admitted = standInLine(order);
      admitWaiting();
      return admitted;
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return waiting.length;
    },
    report,
    pause(value) {
      paused = value;
      admitWaiting();
    },
    recheck: admitWaiting,
    stop() {
      stopped = true;
      clearTimeout(timer);
      const left = waiting;
      waiting = [];
      for (const { reject } of left) {
        reject(new StoppedError("the delivery is being stopped"));
      }
    },
  };
}
