import { wait } from "../waiting/wait.ts";

const SETTLE_MS = 100;
const MAX_READS = 50;

/** What came of one read: a value, or what was thrown. */
export type Reading<T> =
  | { readonly value: T; readonly print: string }
  | { readonly error: Error; readonly print: string };

/**
 * Reads until two readings in a row, 100 ms apart, are the same, so that a file which is just being written
 * is not taken for what it should say: half a policy set can lack the half that forbids. `print` tells
 * readings apart. One that equals `known` is not waited for. After 5 s of change the newest reading counts.
 */
export async function readSettled<T>(
  read: () => Promise<T>,
  print: (value: T) => string,
  known: string | null,
): Promise<Reading<T>> {
  let before = await attempt(read, print);
  for (let reads = 1; before.print !== known && reads < MAX_READS; reads++) {
    await wait(SETTLE_MS);
    const now = await attempt(read, print);
    if (now.print === before.print) {
      return now;
    }
    before = now;
  }
  return before;
}

async function attempt<T>(read: () => Promise<T>, print: (value: T) => string): Promise<Reading<T>> {
  try {
    const value = await read();
    return { value, print: print(value) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { error, print: `failed: ${error.message}` };
  }
}
