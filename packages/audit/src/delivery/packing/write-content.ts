import type { RequestLimits } from "./split-entries.ts";

/** What stands before, between and after the entries of a request. */
export interface Frame {
  readonly opening?: string;
  readonly separator: string;
  readonly closing?: string;
}

/** What entries within such a frame may be, so that the content is within the limits, frame included. */
export function limitsWithin(
  { opening = "", separator, closing = "" }: Frame,
  { maxEntries, maxBytes }: { readonly maxEntries: number; readonly maxBytes: number },
): RequestLimits {
  const overheadBytes = Buffer.byteLength(separator);
  const around = Buffer.byteLength(opening) + Buffer.byteLength(closing);
  // After the last entry there is no separator.
  return { maxEntries, maxBytes: maxBytes - around + overheadBytes, overheadBytes };
}

/** One content out of entries: each is written to its place at once, where a joined string would be copied twice more. */
export function writeContent(
  entries: readonly { readonly text: string; readonly bytes: number }[],
  { opening = "", separator, closing = "" }: Frame,
): Buffer {
  const between = Buffer.byteLength(separator);
  const around = Buffer.byteLength(opening) + Buffer.byteLength(closing);
  const size = entries.reduce((sum, { bytes }) => sum + bytes, 0) + between * (entries.length - 1) + around;
  const content = Buffer.allocUnsafe(size);
  let at = content.write(opening);
  entries.forEach(({ text }, index) => {
    if (index > 0) {
      at += content.write(separator, at);
    }
    at += content.write(text, at);
  });
  content.write(closing, at);
  return content;
}
