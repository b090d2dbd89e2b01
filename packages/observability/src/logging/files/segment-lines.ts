import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Segment } from "./segment.ts";

const NEWLINE = 0x0a;

/**
 * The lines of a file, without their newlines, from a byte of its uncompressed content on, as far as it is known to be
 * written; last what a crash left of one. Throws what reading and unpacking throw.
 */
export async function* segmentLines(segment: Segment, offset: number): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of contentOf(segment, offset)) {
    const content = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = content.indexOf(NEWLINE); end !== -1; end = content.indexOf(NEWLINE, begin)) {
      yield content.subarray(begin, end);
      begin = end + 1;
    }
    rest = content.subarray(begin);
  }
  if (rest.length > 0) {
    yield rest;
  }
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
