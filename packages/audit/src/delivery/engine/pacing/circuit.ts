import type { CircuitCause, CircuitState, CircuitView } from "../ports/circuit-view.ts";
import { backoffMs, type BackoffSettings } from "@sark/observability/waiting";

export interface CircuitSettings {
  readonly retry: BackoffSettings;
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Open for this long, then half open: one request goes out to see. */
  readonly openMs: number;
  /** The same after a fault of configuration. */
  readonly configurationRetryMs: number;
  /** Milliseconds of a clock that is never set: a jump of the wall clock must not lengthen a pause. */
  now?(): number;
  random?(): number;
}

/** Decides when a destination may be tried; one request at a time as long as the last one failed. */
export interface Circuit {
  view(): CircuitView;
  /** Milliseconds until something may be sent; 0 is now, `Infinity` while a trial is under way. */
  waitMs(): number;
  /** Called for each request that goes out, when `waitMs` is 0. Whether it is a trial, whose end has to be told. */
  enter(): boolean;
  trialEnded(): void;
  succeeded(): void;
  /** `afterMs`: what the receiver asked for; `unreached`: there was no connection. */
  failed(reason: string, how?: { readonly afterMs?: number | undefined; readonly unreached?: boolean }): void;
  faulted(reason: string): void;
  /** The receiver was seen to be back: one request may go out now, unless it asked for a longer pause itself. */
  halfOpenNow(): void;
  /** A trial is asked for now, whatever was waited for. */
  retryNow(): void;
}

export function createCircuit(settings: CircuitSettings, onChange: (view: CircuitView) => void): Circuit {
  const { retry, openMs, configurationRetryMs, now = () => performance.now(), random } = settings;
  let view: CircuitView = {
    state: "closed",
    cause: null,
    reason: null,
    failures: 0,
    unreached: false,
    since: Date.now(),
    nextAttemptAt: null,
  };
  let notBefore = 0;
  /** What the receiver asked for; another request's success does not shorten it. */
  let holdUntil = 0;
  let trial = false;

  function change(
    state: CircuitState,
    cause: CircuitCause | null,
    reason: string | null,
    failures: number,
    unreached = false,
  ): void {
    const changed = state !== view.state || cause !== view.cause;
    const since = changed ? Date.now() : view.since;
    const waitMs = Math.max(notBefore, holdUntil) - now();
    const nextAttemptAt = failures > 0 && waitMs > 0 ? Date.now() + Math.round(waitMs) : null;
    view = { state, cause, reason, failures, unreached, since, nextAttemptAt };
    if (changed) {
      onChange(view);
    }
  }

  return {
    view: () => view,
    waitMs() {
      if (trial) {
        return Infinity;
      }
      return Math.max(0, notBefore - now(), holdUntil - now());
    },
    enter() {
      if (view.failures === 0 && view.state === "closed") {
        return false;
      }
      trial = true;
      if (view.state === "open") {
        change("half_open", view.cause, view.reason, view.failures);
      }
      return true;
    },
    trialEnded: () => void (trial = false),
    succeeded() {
      // What was under way when it opened says nothing about now.
      if (view.state === "open") {
        return;
      }
      notBefore = 0;
      change("closed", null, null, 0);
    },
    failed(reason, { afterMs = 0, unreached = false } = {}) {
      holdUntil = Math.max(holdUntil, now() + afterMs);
      if (view.state === "open") {
        return;
      }
      const failures = view.failures + 1;
      const opens = view.state === "half_open" || failures >= settings.failures;
      const pauseMs = opens ? openMs : backoffMs(failures, retry, random);
      notBefore = now() + pauseMs;
      change(opens ? "open" : "closed", opens ? "failures" : null, reason, failures, unreached);
    },
    faulted(reason) {
      notBefore = now() + configurationRetryMs;
      change("open", "configuration", reason, view.failures + 1);
    },
    halfOpenNow() {
      if (view.state !== "open" || view.cause !== "failures") {
        return;
      }
      notBefore = 0;
      const waitMs = holdUntil - now();
      view = { ...view, nextAttemptAt: waitMs > 0 ? Date.now() + Math.round(waitMs) : null };
    },
    retryNow() {
      notBefore = 0;
      holdUntil = 0;
      view = { ...view, nextAttemptAt: null };
    },
  };
}
