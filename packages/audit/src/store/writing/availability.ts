import { setTimeout as pause } from "node:timers/promises";
import type { AuditError } from "../../errors.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Between a failed question and the next, however many callers want to know. */
const LEAST_PAUSE_MS = 50;
/** A caller waits as long for the answer; a database that is well gives it sooner. */
const PATIENCE_MS = 250;

/** Whether the database takes records. Once it is known to be away, callers learn so at once instead of by waiting. */
export interface Availability {
  /** Why records are not taken; `null` while they are. */
  readonly fault: AuditError | null;
  /** Call when a batch could not be written in time. The database is then asked, again and again, until it answers. */
  lost(error: AuditError): void;
  /** Asks now, for as many callers as want to know. Resolves when the database takes records. */
  check(): Promise<void>;
  /** The same for a caller with a record in its hands: rejects when there is no answer soon. */
  checkBriefly(): Promise<void>;
  close(): void;
}

export function createAvailability(options: {
  /** Resolves when the database would take a record. */
  probe(): Promise<unknown>;
  onLost(error: AuditError): void;
  onRegained(absence: { readonly seconds: number }): void;
}): Availability {
  let fault: AuditError | null = null;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let asking: { readonly answer: Promise<void>; readonly since: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  function askLater(pauseMs: number): void {
    if (closed) {
      return;
    }
    timer = setTimeout(() => {
      ask().answer.catch(() => askLater(Math.min(pauseMs * 2, LONGEST_PAUSE_MS)));
    }, pauseMs);
    timer.unref();
  }

  function ask(): NonNullable<typeof asking> {
    asking ??= { answer: askOnce(), since: performance.now() };
    return asking;
  }

  async function askOnce(): Promise<void> {
    const early = failedAt + LEAST_PAUSE_MS - performance.now();
    if (early > 0) {
      await pause(early);
    }
    try {
      await options.probe();
      regained();
    } catch (error) {
      failedAt = performance.now();
      throw error;
    } finally {
      asking = undefined;
    }
  }

  function regained(): void {
    if (closed || fault === null) {
      return;
    }
    fault = null;
    clearTimeout(timer);
    options.onRegained({ seconds: (performance.now() - since) / 1_000 });
  }

  return {
    get fault() {
      return fault;
    },
    lost(error) {
      if (fault !== null || closed) {
        return;
      }
      fault = error;
      since = performance.now();
      options.onLost(error);
      askLater(FIRST_PAUSE_MS);
    },
    check: () => ask().answer,
    async checkBriefly() {
      const { answer, since: askedAt } = ask();
      answer.catch(() => undefined);
      const left = askedAt + PATIENCE_MS - performance.now();
      const answered = left > 0 && (await Promise.race([answer.then(isTrue, isFalse), pause(left, false)]));
      if (!answered && fault !== null) {
        throw fault;
      }
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
