import { createLineSplitter } from "./line-splitter.ts";

/** One line of a byte stream, as `readLines` gives it. */
export interface Line {
  /** Without its newline; the first `maxBytes` of it where it is longer. */
  readonly bytes: Buffer;
  /** How many bytes it has: more than `bytes` holds where it is too long. */
  readonly length: number;
  /** `false` where the input ended before its newline. */
  readonly ended: boolean;
}

/**
 * The lines of a byte stream, in order. Keeps no more than `maxBytes` and one chunk, however long a line is: the rest of
 * a longer one is counted and passed over. Throws as the input does, and closes it when the caller stops early.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line, void, void> {
  let lines: Line[] = [];
  let long: { readonly bytes: Buffer; length: number } = { bytes: Buffer.alloc(0), length: 0 };
  let inputEnded = false;
  const splitter = createLineSplitter(
    { maxBytes },
    (bytes, ended) => lines.push({ bytes, length: bytes.length, ended }),
    {
      begin: (start) => (long = { bytes: start.subarray(0, maxBytes), length: start.length }),
      more: (part) => (long.length += part.length),
      end: () => lines.push({ ...long, ended: !inputEnded }),
    },
  );
  for await (const chunk of input) {
    splitter.push(chunk);
    yield* lines;
    lines = [];
  }
  inputEnded = true;
  splitter.end();
  yield* lines;
}
