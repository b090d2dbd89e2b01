import type { LongWork } from "@sark/scheduling";
import type { IngestEvent } from "../domain/ingest.ts";

/** Events that are inserted by one statement where other tenants are busy: some milliseconds of the database's time. */
export const SMALL_PIECE = 100;
/** And where none is: each further statement has its cost. */
const LARGE_PIECE = 1_000;

/**
 * Parts a group of one kind into pieces, in the order of their keys: two transactions with events in common wait for each other at the
 * first of them, and not one at each end.
 *
 * @param work has a turn before each piece; `null`: all is one piece
 */
export async function* inPieces<E extends IngestEvent>(
  events: readonly E[],
  work: LongWork | null,
): AsyncGenerator<readonly E[]> {
  if (work === null) {
    yield events;
    return;
  }
  const sorted = events.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  for (let from = 0; from < sorted.length;) {
    await work.turn();
    const to = from + (work.hasNeighbours ? SMALL_PIECE : LARGE_PIECE);
    yield sorted.slice(from, to);
    from = to;
  }
}
