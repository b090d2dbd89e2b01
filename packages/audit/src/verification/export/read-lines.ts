/** A line longer than any export has: what claims to be one is cut off. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Calls `onLine` with each line, without its newline, until it returns false. Resolves to whether the input ended with
 * a newline. A line that is too long counts as the end of the input, cut off.
 */
export async function readLines(
  input: AsyncIterable<Uint8Array>,
  onLine: (line: Buffer) => boolean,
): Promise<boolean> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of input) {
    const bytes = rest.length === 0 ? asBuffer(piece) : Buffer.concat([rest, piece]);
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE, at); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      if (!onLine(bytes.subarray(at, end))) {
        return true;
      }
      at = end + 1;
    }
    rest = bytes.subarray(at);
    if (rest.length > MAX_LINE_BYTES) {
      return false;
    }
  }
  return rest.length === 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
