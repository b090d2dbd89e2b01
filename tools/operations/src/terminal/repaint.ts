import { fitWidth } from "./fit-width.ts";
import { formatLines } from "./printable.ts";
import { steer } from "./steering.ts";
import type { OutputStream } from "./style.ts";

/** A terminal's size, which may change at any time. */
interface Screen extends OutputStream {
  readonly columns?: number;
  readonly rows?: number;
}

const ERASE_BELOW = "\u001b[J";

/** Paints a text of several lines over the one before. Lines are cut to the terminal, since wrapped ones cannot be counted. */
export function createRepaint(stream: Screen): (text: string) => void {
  let painted = 0;
  return (text) => {
    // The cursor's own line stays free: a terminal scrolls when the last one is written to.
    const lines = text.trimEnd().split("\n");
    const room = Math.max(1, (stream.rows ?? 24) - 1);
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    const up = painted === 0 ? "" : `\u001b[${painted}A\r`;
    // In one write, so that no half of it is seen.
    const painting = formatLines(shown.map((line) => fitWidth(line, stream.columns ?? 80)));
    steer(stream, `${up}${ERASE_BELOW}${painting}`);
    painted = shown.length;
  };
}
