import { oneLine } from "./printable.ts";
import { steer } from "./steering.ts";
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
      steer(stream, `${ERASE_LINE}${oneLine(text)}`);
    },
    clear() {
      if (shown > 0) {
        steer(stream, ERASE_LINE);
      }
    },
  };
}
