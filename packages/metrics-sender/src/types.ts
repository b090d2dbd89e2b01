interface SharedFields {
  /** What the sender calls the event, 1 to 200 characters. Sent again, it is counted once. Default: a random UUID. */
  readonly id?: string;
  readonly user_id: string;
  /** RFC 3339. Default: now, when it is handed over. */
  readonly occurred_at?: string;
  /** A small JSON object. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Something that a user did. */
export interface ActivityEvent extends SharedFields {
  /** As `document.edited`. */
  readonly type: string;
}

/** How productive a user was. */
export interface ScoreEvent extends SharedFields {
  /** 0 to 100. */
  readonly score: number;
  readonly user_role?: string;
  readonly team?: string;
}

/** An event as it is sent: with its kind, id and time. */
export type SentEvent = (
  | ({ readonly kind: "activity" } & ActivityEvent)
  | ({ readonly kind: "score" } & ScoreEvent)
) & { readonly id: string; readonly occurred_at: string };

/** An event that will not be taken, however often it is sent. */
export interface RefusedEvent {
  readonly event: SentEvent;
  /** Place in its batch, from 0, as the service counts; -1 where it was not sent. */
  readonly index: number;
  /** `invalid`, `too_old`, `in_the_future`, `unstorable` of the service; `payload_too_large`. */
  readonly code: string;
  /** The field at fault, where there is one. */
  readonly field: string | null;
  readonly message: string;
}

/** Where to, by which key, and how much may wait. Times are in milliseconds. */
export interface MetricsSenderOptions {
  /** Of the service, as `https://metrics.example.com`. */
  readonly url: string;
  /** Of a caller with the role `sender`. A function is asked for each request, so that a key can be replaced. */
  readonly apiKey: string | (() => string);
  /** Most events of one request. Default 1,000. */
  readonly maxBatch?: number;
  /** Most bytes of one request. Default 1 MiB. An event that is larger alone is refused. */
  readonly maxBatchBytes?: number;
  /** Most events that wait, those being sent included. Further ones are dropped, and counted. Default 50,000. */
  readonly maxQueue?: number;
  /** An event waits at most so long for others to go with it. Default 1,000. */
  readonly flushIntervalMs?: number;
  /** A request that takes longer is sent again. Default 30,000. */
  readonly timeoutMs?: number;
  /** The longest wait after the first failure; it doubles with each further one. Default 500. */
  readonly retryBaseMs?: number;
  /** The longest wait after any failure, unless the service asks for more by `Retry-After`. Default 30,000. */
  readonly retryMaxMs?: number;
  /** Told of each event that will never be taken. Must not throw. */
  onRefused?(refused: RefusedEvent): void;
  /** Told of each failed request, which is sent again. Must not throw. */
  onRetry?(reason: string, waitMs: number): void;
  /** In the place of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Counts of events since the sender was made. `accepted + duplicates + refused + dropped + waiting` is all that were handed over. */
export interface SenderStats {
  /** Committed by the service. */
  readonly accepted: number;
  /** There before, and not counted again. */
  readonly duplicates: number;
  readonly refused: number;
  /** Not taken here, as the queue was full or the sender closed; and what was left when it closed. */
  readonly dropped: number;
  /** In the queue, or being sent. */
  readonly waiting: number;
  /** Requests that failed and were sent again. */
  readonly retries: number;
}

/** How closing ended. */
export interface ClosedSender {
  /** Events that were not acknowledged in time, the oldest first. They are dropped, unless their owner keeps them: sent later, each still counts once. */
  readonly unsent: readonly SentEvent[];
}

/** Takes events at once, and sends them in the background. */
export interface MetricsSender {
  /** `false` where the event was dropped: the queue is full, or the sender is closed. Never waits; throws for what is no JSON. */
  activity(event: ActivityEvent): boolean;
  /** The same for a score. */
  score(event: ScoreEvent): boolean;
  /** Sends without waiting for more; resolves when the service has acknowledged or refused all that waited at this moment. */
  flush(): Promise<void>;
  /** Takes no more, and sends what waits for at most so long (default 10,000 ms). */
  close(timeoutMs?: number): Promise<ClosedSender>;
  stats(): SenderStats;
}
