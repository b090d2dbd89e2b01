/** Why an exchange was ended from this side. */
export type EndedBy = "client" | "timeout" | "cancellation";

/** What can end an exchange from this side: the client, the clock, or a cancellation. */
export interface Lifeline {
  /** For the upstream exchange. */
  readonly signal: AbortSignal;
  /** `null` as long as nobody has ended it; the first one counts. */
  readonly endedBy: EndedBy | null;
  /** `performance.now()` time at which the time is up; infinite for streams that stay open. */
  readonly deadline: number;
  /** What was to begin in time has begun and may last. */
  keepOpen(): void;
  end(by: EndedBy): void;
  /** Ends it within `ms` unless it is over by then. */
  endWithin(ms: number, by: EndedBy): void;
  /** Runs once when it is ended by somebody; at once when it has been. */
  onEnd(listener: (by: EndedBy) => void): void;
  /** The exchange is over: nothing can end it any more. */
  close(): void;
}

/** `timeoutMs`: how long the exchange may take; `null` when only the client ends it. */
export function createLifeline(client: AbortSignal, timeoutMs: number | null): Lifeline {
  const controller = new AbortController();
  let deadline = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  let endedBy: EndedBy | null = null;
  let closed = false;
  let listener: ((by: EndedBy) => void) | null = null;
  let timer: NodeJS.Timeout | null = null;

  function end(by: EndedBy): void {
    if (closed || endedBy !== null) return;
    endedBy = by;
    release();
    controller.abort();
    listener?.(by);
  }

  function release(): void {
    if (timer !== null) clearTimeout(timer);
    client.removeEventListener("abort", clientGone);
  }

  function clientGone(): void {
    end("client");
  }

  function schedule(ms: number, by: EndedBy): void {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => end(by), ms);
    timer.unref();
  }

  if (timeoutMs !== null) schedule(timeoutMs, "timeout");
  if (client.aborted) end("client");
  else client.addEventListener("abort", clientGone, { once: true });

  return {
    signal: controller.signal,
    get endedBy() {
      return endedBy;
    },
    get deadline() {
      return deadline;
    },
    keepOpen() {
      deadline = Number.POSITIVE_INFINITY;
      if (timer !== null) clearTimeout(timer);
    },
    end,
    endWithin(ms, by) {
      if (!closed && endedBy === null) schedule(ms, by);
    },
    onEnd(added) {
      if (endedBy !== null) added(endedBy);
      else listener = added;
    },
    close() {
      if (closed) return;
      closed = true;
      release();
    },
  };
}
