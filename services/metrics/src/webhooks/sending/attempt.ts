/** How an attempt ended, as deliveries show it and metrics count it. */
export const ATTEMPT_RESULTS = [
  "delivered",
  /** A status other than 2xx. A redirect is not followed. */
  "rejected",
  /** No connection, no TLS that can be trusted, or no response that can be read. */
  "unreachable",
  "timeout",
  /** The URL, or an address that its name has, is not sent to. */
  "blocked",
  /** Not sent: the secret that the database has cannot be opened. Another one takes its place (`rotate`). */
  "unsigned",
] as const;
export type AttemptResult = (typeof ATTEMPT_RESULTS)[number];

export interface Attempt {
  readonly result: AttemptResult;
  /** Of the response, where there was one. */
  readonly status: number | null;
  /** What the receiver asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
}

/** What is sent. */
export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends once. Never rejects. */
export type SendMessage = (message: Message, signal: AbortSignal) => Promise<Attempt>;
