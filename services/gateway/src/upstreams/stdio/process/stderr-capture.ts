import { createLineSplitter } from "@sark/observability/lines";
import { printable } from "./printable.ts";
import { createStderrTail } from "./stderr-tail.ts";

const MAX_LINE_BYTES = 4 * 1024;
/** Lines reported per window; a server that prints more is not worth the gateway's own log. */
const LINES_PER_WINDOW = 50;
const WINDOW_MS = 1_000;

export interface StderrCapture {
  push(chunk: Buffer): void;
  end(): void;
  /** The last lines so far, shortened. */
  tail(): readonly string[];
}

/** Cuts stderr into bounded printable lines at a bounded rate, and counts what is dropped. */
export function captureStderr(
  onLine: (line: string) => void,
  onDropped: (lines: number) => void,
): StderrCapture {
  const tail = createStderrTail();
  let windowStart = performance.now();
  let reported = 0;
  let dropped = 0;

  function line(bytes: Buffer): void {
    const text = printable(bytes.subarray(0, MAX_LINE_BYTES).toString("utf8"));
    tail.add(text);
    const now = performance.now();
    if (now - windowStart >= WINDOW_MS) {
      flush();
      windowStart = now;
      reported = 0;
    }
    if (reported < LINES_PER_WINDOW) {
      reported += 1;
      onLine(text);
    } else {
      dropped += 1;
    }
  }

  function flush(): void {
    if (dropped > 0) {
      onDropped(dropped);
      dropped = 0;
    }
  }

  const splitter = createLineSplitter({ maxBytes: MAX_LINE_BYTES, crlf: true, skipEmpty: true }, line, {
    begin: line,
  });
  return {
    push: (chunk) => splitter.push(chunk),
    end: () => {
      splitter.end();
      flush();
    },
    tail: () => tail.lines(),
  };
}
