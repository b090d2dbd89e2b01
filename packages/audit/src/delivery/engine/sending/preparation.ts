import type { Deliverable } from "../../domain/deliverable.ts";
import type { Preparation, PreparedRequest, Sink } from "../../domain/sink.ts";

/** Events made ready at that moment (of a clock that is never set), or why that failed. */
interface AgeingPreparation<E extends Deliverable> {
  readonly at: number;
  readonly prepared: Promise<Preparation<PreparedRequest<E>> | string>;
}

/** A part of a batch, and what was prepared of it ahead of its turn, while the receiver is busy with others. */
export interface Piece<E extends Deliverable> {
  readonly events: readonly E[];
  readonly preparation: AgeingPreparation<E> | null;
}

interface PrepareDeps<E extends Deliverable> {
  readonly sink: Pick<Sink<PreparedRequest<E>>, "prepare">;
}

/** Then it is prepared anew: the receiver's time window moves on, and secrets and settings may have changed. */
const FRESH_MS = 10_000;

/** Begins to prepare a piece that waits for its turn. */
export function prepareAhead<E extends Deliverable>(piece: Piece<E>, deps: PrepareDeps<E>): Piece<E> {
  return { ...piece, preparation: freshPreparation(piece, deps) };
}

/** What was prepared of a piece, if that is not too long ago. Never rejects. */
export function freshPreparation<E extends Deliverable>(
  { events, preparation }: Piece<E>,
  { sink }: PrepareDeps<E>,
): AgeingPreparation<E> {
  const now = performance.now();
  if (preparation !== null && now - preparation.at < FRESH_MS) {
    return preparation;
  }
  const prepared = sink.prepare(events, Date.now()).catch((error: unknown) => String(error).slice(0, 200));
  return { at: now, prepared };
}
