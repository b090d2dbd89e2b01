import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { createLineCutter, type LineCutter, type Piece } from "./whole-lines.ts";

/** Bytes of a file's unpacked content; `end` is the first that does not belong to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is read at once, and about as much as a piece holds. */
export const PIECE_BYTES = 1024 * 1024;

/** Whether what is in a file has to be unpacked, by its name. */
export function isPacked(path: string): boolean {
  return /\.(gz|zst)$/.test(path);
}

/**
 * The lines that begin in a range of a file, which has to begin with one. Rejects as reading and unpacking do; an archive
 * that ends too early gives what could be unpacked before.
 */
export function readPieces(path: string, range: ByteRange): AsyncGenerator<Piece, void, void> {
  return linesOf(
    isPacked(path) ? unpack(path, range) : readPlain(path, range),
    createLineCutter(range.start),
  );
}

/** The lines of a stream that cannot be read twice. */
export function readStream(stream: Readable): AsyncGenerator<Piece, void, void> {
  return linesOf(stream as AsyncIterable<Buffer | string>, createLineCutter(0));
}

async function* linesOf(
  chunks: AsyncIterable<Buffer | string>,
  cutter: LineCutter,
): AsyncGenerator<Piece, void, void> {
  for await (const chunk of chunks) {
    yield* cutter.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  }
  const rest = cutter.end();
  if (rest !== null) {
    yield rest;
  }
}

/** One chunk is read while lines are searched in the one before it. */
async function* readPlain(path: string, { start, end }: ByteRange): AsyncGenerator<Buffer, void, void> {
  const file = await open(path, "r");
  try {
    const readAt = async (position: number): Promise<Buffer> => {
      const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(PIECE_BYTES, end - position)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      return buffer.subarray(0, bytesRead);
    };
    let position = start;
    let next = readAt(position);
    for (;;) {
      const piece = await next;
      if (piece.length === 0) {
        return;
      }
      position += piece.length;
      next = readAt(position);
      // The one who reads may stop before it is asked for.
      next.catch(() => undefined);
      yield piece;
    }
  } finally {
    await file.close();
  }
}

async function* unpack(path: string, { start, end }: ByteRange): AsyncGenerator<Buffer, void, void> {
  const settings = { chunkSize: PIECE_BYTES };
  const unpacked = path.endsWith(".zst") ? createZstdDecompress(settings) : createGunzip(settings);
  // Errors of either come out of the iteration below.
  pipeline(createReadStream(path, { highWaterMark: PIECE_BYTES / 4 }), unpacked, () => undefined);
  let position = 0;
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    const from = Math.max(0, start - position);
    const to = Math.min(chunk.length, end - position);
    if (from < to) {
      yield chunk.subarray(from, to);
    }
    position += chunk.length;
    if (position >= end) {
      return;
    }
  }
}
