import { fitWidth } from "./fit-width.ts";
import { oneLine } from "./printable.ts";
import { steer } from "./steering.ts";
import type { OutputStream } from "./style.ts";

/** A line that tells how far something has come; only on a terminal, and cleared in the end. */
export interface Progress {
  /** `part`, from 0 to 1, draws a bar in front of the text. */
  update(text: string, part?: number): void;
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
    update(text, part) {
      if (performance.now() - shown < EVERY_MS) {
        return;
      }
      shown = performance.now();
      const line = `${part === undefined ? "" : `${progressBar(part)} `}${oneLine(text)}`;
      // A line that wraps could not be erased.
      steer(stream, `${ERASE_LINE}${fitWidth(line, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (shown > 0) {
        steer(stream, ERASE_LINE);
      }
    },
  };
}

const CELLS = 20;

function progressBar(part: number): string {
  const done = Math.round(Math.min(1, Math.max(0, part)) * CELLS);
  return `${"█".repeat(done)}${"░".repeat(CELLS - done)}`;
}
