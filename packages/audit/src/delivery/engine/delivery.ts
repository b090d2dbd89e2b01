import type { DestinationControl } from "./ports/destination-control.ts";
import type { Quarantine } from "./ports/quarantine.ts";
import type { RunnerSnapshot } from "./runner/snapshot.ts";
/** How a destination stands in this process; `leading` is null where another one delivers. */
export interface DestinationSnapshot {
  readonly name: string;
  readonly platform: string;
  readonly enabled: boolean;
  readonly probeIntervalMs: number;
  readonly leading: RunnerSnapshot | null;
}

/** Deliveries of one process to all its destinations; several processes share them out by locks. */
export interface Delivery {
  /** Resolves when every destination has its place in the log: what is recorded from then on reaches it. */
  readonly registered: Promise<void>;
  snapshots(): readonly DestinationSnapshot[];
  /** Asks a destination's receiver whether it is there. Rejects with the reason. */
  check(name: string, signal: AbortSignal): Promise<void>;
  /** Looks at the log now instead of at the next poll; cheap enough to be called for each recorded event. */
  wake(): void;
  /**
   * Sends everything that is committed by now to a destination, and resolves when it is settled. Rejects with the
   * signal's reason, or with a `DeliveryError`.
   */
  flush(name: string, signal: AbortSignal): Promise<void>;
  readonly control: DestinationControl;
  readonly quarantine: Quarantine;
  /** Gives what is under way `drainMs` (default 5,000) to end; the rest stays in the log for the next start. */
  close(drainMs?: number): Promise<void>;
}
