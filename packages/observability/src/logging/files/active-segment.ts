import { closeSync, existsSync, fdatasync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { countNewlines } from "../../lines/count-newlines.ts";
import type { Segment } from "./segment.ts";

/** The file of a log that lines are added to. */
export interface ActiveSegment {
  readonly path: string;
  readonly base: number;
  readonly since: number;
  readonly bytes: number;
  readonly lines: number;
  /** Adds whole lines: all of them when it returns, none of them when it throws. */
  append(content: Buffer, lines: number): void;
  /** Half a line could not be taken back: nothing may be added. */
  readonly damaged: boolean;
  /** Whether the file still exists under its name. */
  isThere(): boolean;
  /** Hands it to the disk in the background, and closes it. */
  close(): void;
}

const NEWLINE = 0x0a;
const CHUNK = 1024 * 1024;

/** Begins a new file. Throws when there is one, or none can be made. */
export function beginSegment(path: string, base: number, since: number): ActiveSegment {
  return activate(openSync(path, "ax+", 0o640), { path, base, since, bytes: 0, lines: 0 });
}

/** Goes on with a file of an earlier process. `torn`: its last line has no end, so that nothing may be added. */
export function continueSegment({ path, base, since }: Segment): {
  readonly segment: ActiveSegment;
  readonly torn: boolean;
} {
  const descriptor = openSync(path, "a+");
  const { lines, bytes, torn } = countLines(descriptor);
  const segment = activate(descriptor, { path, base, since, bytes, lines: lines + Number(torn) });
  return { segment, torn };
}

function activate(
  descriptor: number,
  start: Pick<ActiveSegment, "path" | "base" | "since" | "bytes" | "lines">,
): ActiveSegment {
  let { bytes, lines } = start;
  let damaged = false;

  /** Half a line would swallow the one written behind it. */
  function takeBack(): void {
    try {
      ftruncateSync(descriptor, bytes);
    } catch {
      damaged = true;
    }
  }

  return {
    ...start,
    get bytes() {
      return bytes;
    },
    get lines() {
      return lines;
    },
    append(content, count) {
      try {
        for (let done = 0; done < content.length;) {
          done += writeSync(descriptor, content, done);
        }
      } catch (error) {
        takeBack();
        throw error;
      }
      bytes += content.length;
      lines += count;
    },
    get damaged() {
      return damaged;
    },
    isThere: () => existsSync(start.path),
    close: () => fdatasync(descriptor, () => closeSync(descriptor)),
  };
}

function countLines(descriptor: number): {
  readonly lines: number;
  readonly bytes: number;
  readonly torn: boolean;
} {
  const chunk = Buffer.allocUnsafe(CHUNK);
  let lines = 0;
  let bytes = 0;
  let torn = false;
  for (;;) {
    const read = readSync(descriptor, chunk, 0, CHUNK, bytes);
    if (read === 0) {
      return { lines, bytes, torn };
    }
    bytes += read;
    lines += countNewlines(chunk.subarray(0, read));
    torn = chunk[read - 1] !== NEWLINE;
  }
}
