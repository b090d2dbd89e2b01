import type { OutputStream } from "./style.ts";

const unfiltered = new WeakMap<object, OutputStream>();

/** Notes where sequences go that move the cursor of a stream on which nothing else may. */
export function steeredBy(stream: OutputStream, raw: OutputStream): void {
  unfiltered.set(stream, raw);
}

/** Writes what moves the cursor, with text of one's own that was made inert. */
export function steer(stream: OutputStream, sequence: string): void {
  (unfiltered.get(stream) ?? stream).write(sequence);
}
