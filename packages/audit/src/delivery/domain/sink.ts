import type { Deliverable } from "./deliverable.ts";

/** Events made ready for one request; a sink adds what it needs to send them. */
export interface PreparedRequest<E extends Deliverable = Deliverable> {
  /** In the order in which the receiver meets them. */
  readonly events: readonly E[];
  /** Bytes before compression, and as they go over the wire. */
  readonly contentBytes: number;
  readonly sentBytes: number;
  /** Events that were cut to fit the receiver's limits. */
  readonly cut: number;
  /** Events older than the receiver's time window, sent with the present time and marked. */
  readonly late: number;
}

/** An event that no request can carry. */
export interface Unsendable<E extends Deliverable = Deliverable> {
  readonly event: E;
  readonly reason: string;
}

export interface Preparation<R extends PreparedRequest = PreparedRequest> {
  readonly requests: readonly R[];
  readonly unsendable: readonly Unsendable<R["events"][number]>[];
}

/** What became of a request. `reason` is one line for people and holds no secret. */
export type DeliveryResult =
  /** The receiver has it for good. `slowDown`: it is nearly full. */
  | { readonly kind: "delivered"; readonly slowDown?: boolean }
  /** Handed to a receiver that cannot acknowledge: its protocol tells no more. */
  | {
      readonly kind: "sent";
      /** Where the receiver could have shown that it read it, and did not: why. */
      readonly unconfirmed?: string;
    }
  /** Not taken; the same again later, after `afterMs` where the receiver says so. */
  | ({ readonly kind: "retry" } & Repeatable)
  /** It is not known whether it was taken; the same again later. */
  | ({ readonly kind: "maybe_duplicate" } & Repeatable)
  /** Nothing will be taken until a setting is changed, here or at the receiver. */
  | { readonly kind: "configuration"; readonly reason: string; readonly repeated?: boolean }
  /**
   * Refused for what it says. With an index: everything before it was taken, it is refused for good, and what follows
   * was not read. With `null`: nothing was taken, and the receiver does not say because of which event.
   */
  | { readonly kind: "rejected"; readonly index: number | null; readonly reason: string }
  /** Accepted, and confirmed later; `settled` resolves to how that ended and never rejects. */
  | { readonly kind: "awaiting"; readonly settled: Promise<Settled>; readonly slowDown?: boolean };

interface Repeatable {
  readonly reason: string;
  readonly afterMs?: number | undefined;
  /** There was no connection. */
  readonly unreached?: boolean;
  /** Another request told of the same failure: it is not one more. */
  readonly repeated?: boolean;
}

/** Every result that is no success. */
export type Failure = Exclude<DeliveryResult, { kind: "delivered" | "sent" | "awaiting" }>;

/** How an acknowledgement that was waited for ended. */
export type Settled = Extract<
  DeliveryResult,
  { kind: "delivered" | "sent" | "maybe_duplicate" | "configuration" }
>;

/** One receiver's protocol. It keeps no events, decides nothing about retries, and knows nothing of the engine. */
export interface Sink<R extends PreparedRequest = PreparedRequest> {
  /** The kind of receiver, as metrics and status name it. */
  readonly platform: string;
  /** Encodes events into requests within the receiver's limits. `now` in milliseconds since the epoch. */
  prepare(events: R["events"], now: number): Promise<Preparation<R>>;
  /** Never rejects. Aborting the signal gives the request up, with `maybe_duplicate`. */
  send(request: R, signal: AbortSignal): Promise<DeliveryResult>;
  /** Asks the receiver whether it is there, without sending events; rejects with the reason when it is not. */
  check(signal: AbortSignal): Promise<void>;
  /** Gives up what waits for acknowledgement, and closes connections. */
  close(): Promise<void>;
}
