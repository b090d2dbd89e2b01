import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { LineLog } from "./line-log.ts";
import type { Segment } from "./segment.ts";

/** What a half-written compressed file is called. */
export const UNFINISHED = ".gz.new";

/**
 * Puts a compressed file at the place of a segment, off the main thread. A crash in between leaves one of them whole.
 * Rejects when it cannot; the segment then stays as it is.
 */
export async function compressSegment(log: LineLog, segment: Segment, signal: AbortSignal): Promise<void> {
  const temporary = `${segment.path}${UNFINISHED}`;
  try {
    const target = createWriteStream(temporary, { mode: 0o640, flush: true });
    await pipeline(createReadStream(segment.path), createGzip(), target, { signal });
    const path = `${segment.path}.gz`;
    const bytes = statSync(temporary).size;
    // It may have been removed meanwhile, to make room.
    if (!log.replace(segment, { ...segment, path, bytes, compressed: true })) {
      return;
    }
    renameSync(temporary, path);
    rmSync(segment.path, { force: true });
  } finally {
    await rm(temporary, { force: true });
  }
}
