import type { Deliverable } from "../../domain/deliverable.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { BatchDeps } from "../sending/deliver-batch.ts";

/** Tells one destination of signed checkpoints, between its events, and never of one before the events that it covers. */
export interface CheckpointForwarder {
  /** Call it often; it sends by its own time. `settled`: the first event that is not settled. */
  look(settled: number): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** What a forwarder uses of its destination's runner. */
export interface CheckpointForwarderDeps<E extends Deliverable> {
  readonly name: string;
  readonly ledger: Pick<Ledger<E>, "checkpointed">;
  /** Size of the last one that the destination was told of. */
  readonly last: number;
  /** Least time between two that are sent, in milliseconds. */
  readonly everyMs: number;
  readonly batch: Omit<BatchDeps<E>, "delivered" | "quarantine">;
  failed(error: unknown): void;
}

/** Given by the composition, which knows what the destination takes. */
export type ForwardCheckpoints<E extends Deliverable> = (
  deps: CheckpointForwarderDeps<E>,
) => CheckpointForwarder;
