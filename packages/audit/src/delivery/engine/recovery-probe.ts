import type { Circuit } from "./circuit.ts";

/** Asks a receiver whether it is back, while the circuit is open. */
export interface RecoveryProbe {
  /** Call it often; it asks by its own time. */
  look(): void;
  stop(): void;
}

/** A receiver that says that it is well and then fails again is believed less: up to so many times the pause. */
const MOST_DOUBT = 64;

/**
 * While the circuit is open for failures, asks the receiver's health every `everyMs`, one question at a time. When it
 * responds, one request goes out at once instead of when the circuit's time is over. If that fails, the next such request
 * waits twice as long, and so on, until one succeeds.
 */
export function createRecoveryProbe(deps: {
  readonly circuit: Pick<Circuit, "view" | "halfOpenNow">;
  readonly everyMs: number;
  readonly check: (signal: AbortSignal) => Promise<void>;
  /** Called when a request may go out. */
  recovered(): void;
  readonly now?: () => number;
}): RecoveryProbe {
  const { circuit, everyMs, now = () => performance.now() } = deps;
  const stopping = new AbortController();
  let askAt: number | undefined;
  let asking = false;
  let doubt = 1;
  let believed = false;

  const isOpen = () => circuit.view().state === "open" && circuit.view().cause === "failures";

  async function ask(): Promise<void> {
    try {
      await deps.check(AbortSignal.any([stopping.signal, AbortSignal.timeout(everyMs)]));
    } catch {
      return;
    }
    if (stopping.signal.aborted || !isOpen()) return;
    believed = true;
    circuit.halfOpenNow();
    deps.recovered();
  }

  return {
    look() {
      if (circuit.view().state === "closed") {
        doubt = 1;
        believed = false;
        askAt = undefined;
      }
      if (!isOpen() || asking) return;
      if (believed) {
        // What it said was not true: the request failed, and the circuit is open again.
        believed = false;
        doubt = Math.min(doubt * 2, MOST_DOUBT);
        askAt = now() + everyMs * doubt;
      }
      askAt ??= now() + everyMs;
      if (now() < askAt) return;
      askAt = now() + everyMs * doubt;
      asking = true;
      void ask().finally(() => (asking = false));
    },
    stop: () => stopping.abort(),
  };
}
