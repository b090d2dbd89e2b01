import type { CheckpointForwarder, CheckpointForwarderDeps } from "../engine/runner/forward-checkpoints.ts";
import { toCheckpointEvent } from "./checkpoint-event.ts";
import type { CheckpointFeed } from "./checkpoint-feed.ts";
import type { DeliverableEvent } from "../audit-events/deliverable-event.ts";
import { StoppedError } from "../engine/pacing/admission.ts";
import { deliverBatch } from "../engine/sending/deliver-batch.ts";

export function createCheckpointForwarder(
  deps: CheckpointForwarderDeps<DeliverableEvent> & { readonly feed: CheckpointFeed; now?(): number },
): CheckpointForwarder {
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
    await deliverBatch(events, { ...batch, delivered: () => undefined, quarantine: () => undefined });
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
