import { createLineSplitter } from "@sark/observability/lines";

/** A line longer than any export has: what claims to be one is cut off. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Calls `onLine` with each line, without its newline, until it returns false. Resolves to whether the input ended with
 * a newline. A line that is too long counts as the end of the input, cut off.
 */
export async function readLines(
  input: AsyncIterable<Uint8Array>,
  onLine: (line: Buffer) => boolean,
): Promise<boolean> {
  const seen = { stopped: false, cutOff: false };
  const splitter = createLineSplitter(
    { maxBytes: MAX_LINE_BYTES },
    (line, ended) => {
      seen.cutOff ||= !ended;
      seen.stopped ||= !ended || !onLine(line);
    },
    {
      begin() {
        seen.cutOff ||= !seen.stopped;
        seen.stopped = true;
      },
    },
  );
  for await (const piece of input) {
    splitter.push(piece);
    if (seen.stopped) {
      return !seen.cutOff;
    }
  }
  splitter.end();
  return !seen.cutOff;
}
