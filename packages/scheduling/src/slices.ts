import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * A request that meets such work waits for a slice at each of its turns of the event loop, and it has a dozen of them, as a statement of the
 * database sent and its rows received: with slices of 5 ms that was all of the work, with these it is a part of it.
 */
const SLICE_MS = 1;

/**
 * Does something with each of what may be many: the event loop has its turn whenever a slice of time is spent.
 *
 * @param turn resolves when the next slice may begin. Default: at the next turn of the event loop
 */
export async function eachInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  turn: () => Promise<unknown> = nextTurn,
): Promise<void> {
  let since = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - since < SLICE_MS) {
      continue;
    }
    await turn();
    since = performance.now();
  }
}

/** Maps a list that another party made, and may be long, in such slices. */
export async function mapInSlices<T, R>(
  items: readonly T[],
  map: (item: T) => R,
  turn?: () => Promise<unknown>,
): Promise<R[]> {
  const mapped: R[] = [];
  await eachInSlices(items, (item) => void mapped.push(map(item)), turn);
  return mapped;
}
