import { MalformedAnswer } from "../errors/upstream-failure.ts";

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a byte stream into server-sent events without changing a byte. */
export interface EventSplitter {
  /** The events that this chunk completes, each with the blank line that ends it. Throws a `MalformedAnswer`. */
  push(chunk: Buffer): readonly Buffer[];
}

/** `maxBytes`: the largest event; a longer one is an error before it is complete. */
export function createEventSplitter(maxBytes: number): EventSplitter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  /** The next line end makes a blank line. */
  let atLineStart = true;
  /** The last byte was a CR: an LF that follows belongs to it. */
  let afterCr = false;

  function take(chunk: Buffer, from: number, to: number): Buffer {
    const part = chunk.subarray(from, to);
    if (pending.length === 0) return part;
    pending.push(part);
    const event = Buffer.concat(pending, pendingBytes + part.length);
    pending = [];
    pendingBytes = 0;
    return event;
  }

  function keep(rest: Buffer): void {
    if (rest.length === 0) return;
    pendingBytes += rest.length;
    if (pendingBytes > maxBytes)
      throw new MalformedAnswer(`An event is larger than ${maxBytes} bytes.`, "too_large");
    pending.push(rest);
  }

  return {
    push(chunk) {
      const events: Buffer[] = [];
      const nextLineEnd = lineEndFinder(chunk);
      let start = 0;
      let index = 0;
      if (afterCr && chunk[0] === LF) index = 1;
      if (chunk.length > 0) afterCr = false;
      while (index < chunk.length) {
        const lineEnd = nextLineEnd(index);
        if (lineEnd < 0) {
          atLineStart = false;
          break;
        }
        const blank = atLineStart && lineEnd === index;
        atLineStart = true;
        index = lineEnd + 1;
        if (chunk[lineEnd] === CR) {
          if (chunk[index] === LF) index += 1;
          else afterCr = index === chunk.length;
        }
        if (blank) {
          events.push(take(chunk, start, index));
          start = index;
        }
      }
      keep(chunk.subarray(start));
      return events;
    },
  };
}

/** Finds line ends from left to right, looking at every byte once for each kind. */
function lineEndFinder(chunk: Buffer): (from: number) => number {
  let lf = chunk.indexOf(LF);
  let cr = chunk.indexOf(CR);
  return (from) => {
    if (lf >= 0 && lf < from) lf = chunk.indexOf(LF, from);
    if (cr >= 0 && cr < from) cr = chunk.indexOf(CR, from);
    return lf < 0 || cr < 0 ? Math.max(lf, cr) : Math.min(lf, cr);
  };
}
