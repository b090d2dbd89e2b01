const NEWLINE = 0x0a;
/** Far above any line that a logger writes; of a longer one the rest is passed over. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Puts pieces of a byte stream together such that each ends with a line, but for what the stream itself leaves of one. */
export function createLineCutter(): {
  /** Whole lines up to the end of the last one that ends in `piece`; `null` where none does. Holds on to `piece`. */
  push(piece: Buffer): Buffer | null;
  /** What came after the last newline; `null` where nothing did. */
  end(): Buffer | null;
} {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  return {
    push(piece) {
      const newline = piece.lastIndexOf(NEWLINE);
      if (newline < 0) {
        if (keptBytes < MAX_LINE_BYTES) {
          kept.push(piece);
          keptBytes += piece.length;
        }
        return null;
      }
      const whole = piece.subarray(0, newline + 1);
      const lines = kept.length === 0 ? whole : Buffer.concat([...kept, whole]);
      const rest = piece.subarray(newline + 1);
      kept = rest.length === 0 ? [] : [rest];
      keptBytes = rest.length;
      return lines;
    },
    end() {
      const rest = keptBytes === 0 ? null : Buffer.concat(kept);
      [kept, keptBytes] = [[], 0];
      return rest;
    },
  };
}
