import { backoffMs, wait, within } from "@sark/observability/waiting";
import type { AuditError } from "../../errors.ts";

/** Each replica asks for itself, and people are told how long it lasts: no jitter. */
const RETRY = { baseMs: 100, maxMs: 1_000, jitter: "none" } as const;
/** Between a failed question and the next, however many callers want to know. */
const LEAST_PAUSE_MS = 50;
/** A caller with a record waits as long for the response; a database that is well gives it sooner. */
const BRIEFLY_MS = 250;

/** Whether the database takes records. Once it is known to be away, callers learn so at once instead of by waiting. */
export interface Availability {
  /** Why records are not taken; `null` while they are. */
  readonly fault: AuditError | null;
  /** Call when a batch could not be written in time. The database is then asked, again and again, until it responds. */
  lost(error: AuditError): void;
  /** Asks now, for as many callers as want to know. Resolves when the database takes records. */
  check(): Promise<void>;
  /** The same for a caller with a record in its hands: rejects when there is no response soon. */
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
  /** Aborted when the database is back. */
  let absence = new AbortController();
  let closed = false;
  let asking: { readonly asked: Promise<void>; readonly since: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  async function askUntilBack(signal: AbortSignal): Promise<void> {
    for (let failures = 1; await wait(backoffMs(failures, RETRY), { signal, ref: false }); failures += 1) {
      await ask().asked.catch(() => undefined);
    }
  }

  function ask(): NonNullable<typeof asking> {
    asking ??= { asked: askOnce(), since: performance.now() };
    return asking;
  }

  async function askOnce(): Promise<void> {
    const early = failedAt + LEAST_PAUSE_MS - performance.now();
    if (early > 0) {
      await wait(early);
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
    absence.abort();
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
      absence = new AbortController();
      void askUntilBack(absence.signal);
    },
    check: () => ask().asked,
    async checkBriefly() {
      const { asked, since: askedAt } = ask();
      asked.catch(() => undefined);
      const left = askedAt + BRIEFLY_MS - performance.now();
      const isBack = left > 0 && (await within(left, asked.then(isTrue, isFalse), false));
      if (!isBack && fault !== null) {
        throw fault;
      }
    },
    close() {
      closed = true;
      absence.abort();
    },
  };
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;
