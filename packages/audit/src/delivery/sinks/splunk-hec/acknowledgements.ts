import type { Settled } from "../../domain/sink.ts";

/** The receiver's response to a question: the numbers that are acknowledged now, or why there is no response. */
export type AckResponse =
  | { readonly kind: "responded"; readonly acknowledged: readonly number[] }
  | { readonly kind: "failed" }
  | { readonly kind: "configuration"; readonly reason: string };

export interface Acknowledgements {
  /** The channel to send on. It changes after a loss, because a lost number would never be told to be true. */
  channel(): string;
  /**
   * The receiver may have begun anew: its numbers then do, too, and one channel must not hear of the same number twice.
   * What waits is asked for where it was sent; what comes goes elsewhere.
   */
  changeChannel(): void;
  /** Resolves when the number is acknowledged, or when it has to be taken for lost. */
  wait(channel: string, ackId: number): Promise<Settled>;
  close(): void;
}

interface Waiting {
  readonly channel: string;
  readonly ackId: number;
  readonly deadline: number;
  resolve(settled: Settled): void;
}

/** Most numbers in one question. */
const MAX_QUESTION = 1_000;
/** The pause grows to this many times its length while nothing is acknowledged. */
const SLOWEST = 10;

/** Asks for acknowledgements in the background while any are waited for. */
export function createAcknowledgements(settings: {
  ask(channel: string, ackIds: readonly number[], signal: AbortSignal): Promise<AckResponse>;
  newChannel(): string;
  readonly pollMs: number;
  readonly timeoutMs: number;
  now?(): number;
}): Acknowledgements {
  const { ask, newChannel, pollMs, timeoutMs, now = () => performance.now() } = settings;
  const closing = new AbortController();
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let channel = newChannel();
  let pauseMs = pollMs;

  function schedule(): void {
    if (timer !== undefined || waiting.length === 0 || closing.signal.aborted) {
      return;
    }
    timer = setTimeout(() => {
      void poll().finally(() => {
        timer = undefined;
        schedule();
      });
    }, pauseMs);
  }

  async function poll(): Promise<void> {
    const before = waiting.length;
    for (const [asked, ackIds] of Map.groupBy(waiting, (one) => one.channel)) {
      for (let at = 0; at < ackIds.length; at += MAX_QUESTION) {
        const question = ackIds.slice(at, at + MAX_QUESTION);
        settle(
          asked,
          question,
          await ask(
            asked,
            question.map((one) => one.ackId),
            closing.signal,
          ),
        );
      }
    }
    giveUpLate();
    pauseMs = waiting.length < before ? pollMs : Math.min(pollMs * SLOWEST, pauseMs * 2);
  }

  function settle(asked: string, question: readonly Waiting[], response: AckResponse): void {
    if (response.kind === "failed") {
      return changeChannel();
    }
    if (response.kind === "configuration") {
      return finish(new Set(question), response);
    }
    const acknowledged = new Set(response.acknowledged);
    finish(new Set(question.filter(({ ackId }) => acknowledged.has(ackId))), { kind: "delivered" });
  }

  function giveUpLate(): void {
    const late = waiting.filter(({ deadline }) => deadline <= now());
    if (late.length === 0) {
      return;
    }
    if (late.some((one) => one.channel === channel)) {
      channel = newChannel();
    }
    const reason = `accepted, but not acknowledged within ${timeoutMs / 1_000} s`;
    finish(new Set(late), { kind: "maybe_duplicate", reason });
  }

  function changeChannel(): void {
    if (waiting.some((one) => one.channel === channel)) {
      channel = newChannel();
    }
  }

  /** The receiver gave a number twice: it forgot what it had before, and its `true` would speak of the later one. */
  function beginAnew(on: string): void {
    const lost = waiting.filter((one) => one.channel === on);
    if (on === channel) {
      channel = newChannel();
    }
    finish(new Set(lost), { kind: "maybe_duplicate", reason: "the collector lost its acknowledgements" });
  }

  function finish(done: ReadonlySet<Waiting>, settled: Settled): void {
    waiting = waiting.filter((one) => !done.has(one));
    let repeated = false;
    for (const { resolve } of done) {
      // A collector that restarts loses many at once: that is one failure.
      const again = repeated && settled.kind !== "delivered" && settled.kind !== "sent";
      resolve(again ? { ...settled, repeated } : settled);
      repeated = true;
    }
  }

  return {
    channel: () => channel,
    changeChannel,
    wait(on, ackId) {
      if (closing.signal.aborted) {
        return Promise.resolve({ kind: "maybe_duplicate", reason: "closed before it was acknowledged" });
      }
      if (waiting.some((one) => one.channel === on && one.ackId === ackId)) {
        beginAnew(on);
      }
      return new Promise((resolve) => {
        waiting.push({ channel: on, ackId, deadline: now() + timeoutMs, resolve });
        // New ones are asked for soon, however long nothing came before.
        pauseMs = pollMs;
        schedule();
      });
    },
    close() {
      closing.abort();
      clearTimeout(timer);
      finish(new Set(waiting), { kind: "maybe_duplicate", reason: "closed before it was acknowledged" });
    },
  };
}
