import { toCheckpointEvent } from "./checkpoint-event.ts";
import type { CheckpointFeed } from "../engine/ports/feed.ts";
import type { DeliverableEvent } from "../audit-events/deliverable-event.ts";
import type { Ledger } from "../engine/ports/ledger.ts";
import { StoppedError } from "../engine/pacing/admission.ts";
import { deliverBatch, type BatchDeps } from "../engine/sending/deliver-batch.ts";

/** Tells one destination of signed checkpoints, beside its events, and never of one before the events that it covers. */
export interface CheckpointForwarder {
  /** Call it often; it sends by its own time. `settled`: the first event that is not settled. */
  look(settled: number): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export function createCheckpointForwarder(deps: {
  readonly name: string;
  readonly feed: CheckpointFeed;
  readonly ledger: Pick<Ledger, "checkpointed">;
  /** Size of the last one that the destination was told of. */
  readonly last: number;
  readonly everyMs: number;
  readonly batch: Omit<BatchDeps, "delivered" | "setAside">;
  failed(error: unknown): void;
  now?(): number;
}): CheckpointForwarder {
  const { name, feed, ledger, everyMs, batch, now = () => performance.now() } = deps;
  let { last } = deps;
  let dueAt = now() + everyMs;
  let running: Promise<void> | undefined;

  async function forward(upTo: number): Promise<void> {
    const checkpoint = await feed.newest(last, upTo);
    if (checkpoint === null) {
      return;
    }
    const events: readonly DeliverableEvent[] = [toCheckpointEvent(checkpoint)];
    // One that is refused is not kept: the next one vouches for the same events, and more.
    await deliverBatch(events, { ...batch, delivered: () => undefined, setAside: () => undefined });
    await ledger.checkpointed(name, checkpoint.size);
    last = checkpoint.size;
  }

  return {
    look(settled) {
      if (running !== undefined || settled <= last || now() < dueAt) {
        return;
      }
      dueAt = now() + everyMs;
      running = forward(settled)
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
