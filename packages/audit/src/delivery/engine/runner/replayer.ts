import type { Deliverable } from "../../domain/deliverable.ts";
import type { Ledger } from "../ports/ledger.ts";
import { StoppedError } from "../pacing/admission.ts";
import { deliverBatch, type BatchDeps } from "../sending/deliver-batch.ts";

export interface ReplayerDeps<E extends Deliverable> {
  readonly name: string;
  readonly ledger: Ledger<E>;
  readonly maxEvents: number;
  readonly batch: Omit<BatchDeps<E>, "delivered" | "quarantine">;
  replayed(events: { readonly acknowledged: number; readonly sent: number }): void;
  failed(error: unknown): void;
}

/** Sends events of the quarantine again that were asked for, in addition to those of the log. */
export interface Replayer {
  /** Starts unless it is under way. */
  start(): void;
  settled(): Promise<void>;
}

export function createReplayer<E extends Deliverable>(deps: ReplayerDeps<E>): Replayer {
  const { name, ledger } = deps;
  let running: Promise<void> | undefined;

  async function replayBatch(events: readonly E[]): Promise<void> {
    const delivered = { acknowledged: [] as E[], sent: [] as E[] };
    const refused: [E, string][] = [];
    try {
      await deliverBatch(events, {
        ...deps.batch,
        delivered: (some, as) => void delivered[as].push(...some),
        quarantine: (event, reason) => void refused.push([event, reason]),
      });
    } finally {
      // Also when it was stopped half-way: what arrived must not be sent a third time.
      for (const as of ["acknowledged", "sent"] as const) {
        if (delivered[as].length > 0) {
          await ledger.replayed(name, delivered[as], as);
        }
      }
      for (const [event, reason] of refused) {
        await ledger.refusedAgain(name, event, reason);
      }
      const { acknowledged, sent } = delivered;
      if (acknowledged.length + sent.length > 0) {
        deps.replayed({ acknowledged: acknowledged.length, sent: sent.length });
      }
    }
  }

  async function replayAll(): Promise<void> {
    for (;;) {
      const events = await ledger.readReplays(name, deps.maxEvents);
      if (events.length === 0) {
        return;
      }
      await replayBatch(events);
    }
  }

  return {
    start() {
      running ??= replayAll()
        .catch((error: unknown) => {
          if (!(error instanceof StoppedError)) {
            deps.failed(error);
          }
        })
        .finally(() => (running = undefined));
    },
    settled: async () => running,
  };
}
