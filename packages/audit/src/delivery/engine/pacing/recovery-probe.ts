import type { Circuit } from "./circuit.ts";

/** Asks a receiver whether it is back, while the circuit is open. */
export interface RecoveryProbe {
  /** Call it often; it asks by its own time. */
  look(): void;
  stop(): void;
}

/**
 * While the circuit is open for failures, asks the receiver's health every `everyMs`, one question at a time. When one that
 * was away responds again, a request goes out at once instead of when the circuit's time is over. One that responds all the
 * time and fails requests all the same is not back: it is left alone for the circuit's whole time.
 */
export function createRecoveryProbe(deps: {
  readonly circuit: Pick<Circuit, "view" | "halfOpenNow">;
  readonly everyMs: number;
  check(signal: AbortSignal): Promise<void>;
  /** Called when a request may go out. */
  recovered(): void;
  now?(): number;
}): RecoveryProbe {
  const { circuit, everyMs, now = () => performance.now() } = deps;
  const stopping = new AbortController();
  let askAt = 0;
  let asking = false;
  /** Of this time that the circuit is open: whether the receiver was seen not to be there. */
  let away: boolean | undefined;

  const isOpen = () => circuit.view().state === "open" && circuit.view().cause === "failures";

  async function ask(): Promise<void> {
    try {
      await deps.check(AbortSignal.any([stopping.signal, AbortSignal.timeout(everyMs)]));
    } catch {
      away = true;
      return;
    }
    if (away !== true || stopping.signal.aborted || !isOpen()) {
      return;
    }
    away = false;
    circuit.halfOpenNow();
    deps.recovered();
  }

  return {
    look() {
      if (!isOpen()) {
        away = undefined;
        return;
      }
      away ??= circuit.view().unreached;
      if (asking || now() < askAt) {
        return;
      }
      askAt = now() + everyMs;
      asking = true;
      void ask().finally(() => (asking = false));
    },
    stop: () => stopping.abort(),
  };
}
