import type { OutputStream } from "./style.ts";

/** A line that tells how far something has come; only on a terminal, and cleared in the end. */
export interface Progress {
  update(text: string): void;
  clear(): void;
}

/** The line changes no more often than this, in milliseconds. */
const EVERY_MS = 100;
const ERASE_LINE = "\r\u001b[2K";

export function createProgress(stream: OutputStream): Progress {
  let shown = Number.NEGATIVE_INFINITY;
  if (stream.isTTY !== true) {
    return { update: () => undefined, clear: () => undefined };
  }
  return {
    update(text) {
      if (performance.now() - shown < EVERY_MS) {
        return;
      }
      shown = performance.now();
      stream.write(`${ERASE_LINE}${text}`);
    },
    clear() {
      if (shown > 0) {
        stream.write(ERASE_LINE);
      }
    },
  };
}
