import { fstatSync, writeSync } from "node:fs";
import type { OutputStream } from "./style.ts";

interface ByteStream {
  write(bytes: Uint8Array): unknown;
}

/**
 * Writes to a file or a pipe at once, without the streams of Node.js: to load them takes longer than to print help. `null` where
 * the descriptor leads to anything else, as a terminal. What cannot be written so, `stream` writes, with what comes of that.
 */
export function plainOutput(descriptor: number, stream: () => ByteStream): OutputStream | null {
  return canBeWritten(descriptor)
    ? {
        write(text) {
          const bytes = Buffer.from(text);
          const written = writtenAtOnce(descriptor, bytes);
          return written === bytes.length || stream().write(bytes.subarray(written));
        },
      }
    : null;
}

function canBeWritten(descriptor: number): boolean {
  try {
    const file = fstatSync(descriptor);
    // A program on Node.js has a socket as the pipe to its child.
    return file.isFile() || file.isFIFO() || file.isSocket();
  } catch {
    return false;
  }
}

/** How many bytes were written before there was no going on: a pipe that is full and is not waited for, or has no reader. */
function writtenAtOnce(descriptor: number, bytes: Buffer): number {
  let written = 0;
  try {
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written);
    }
  } catch {
    // The stream comes upon the same, and says it.
  }
  return written;
}
