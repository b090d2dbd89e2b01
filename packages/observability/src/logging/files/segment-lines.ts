import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { readLines, type Line } from "../../lines/read-lines.ts";
import type { Segment } from "./segment.ts";

/** Far longer than any line that is written; of what stands there all the same, no more is kept in memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * The lines of a file, from a byte of its uncompressed content on, as far as it is known to be written; last what a crash
 * left of one. Throws what reading and unpacking throw.
 */
export function segmentLines(segment: Segment, offset: number): AsyncGenerator<Line, void, void> {
  return readLines(contentOf(segment, offset), MAX_LINE_BYTES);
}

async function* contentOf({ path, compressed, bytes }: Segment, offset: number): AsyncGenerator<Buffer> {
  if (!compressed) {
    if (bytes > offset) {
      yield* createReadStream(path, { start: offset, end: bytes - 1 }) as AsyncIterable<Buffer>;
    }
    return;
  }
  const unpacked = createGunzip();
  // Errors of either come out of the iteration below.
  pipeline(createReadStream(path), unpacked, () => undefined);
  let skip = offset;
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    if (skip < chunk.length) {
      yield chunk.subarray(skip);
    }
    skip = Math.max(0, skip - chunk.length);
  }
}
