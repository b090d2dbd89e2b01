import { setImmediate as nextTurn } from "node:timers/promises";

const SLICE_MS = 5;

/** Maps a list that another party made, and may be long: the event loop has its turn whenever a slice of time is spent. */
export async function mapInSlices<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const mapped: R[] = [];
  let since = performance.now();
  for (const item of items) {
    mapped.push(map(item));
    if (performance.now() - since < SLICE_MS) {
      continue;
    }
    await nextTurn();
    since = performance.now();
  }
  return mapped;
}
