const NEWLINE = 0x0a;
/** Far above any line that a logger writes; of a longer one only its length is told. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Whole lines of a byte stream. */
export interface Piece {
  /** Where they begin in the stream. */
  readonly offset: number;
  /** How much of the stream they are: more than `bytes` holds where a line is too long to be kept. */
  readonly length: number;
  readonly bytes: Buffer;
}

/** Puts the chunks of a byte stream together such that each piece ends with a line, but for what the stream itself leaves of one. */
export interface LineCutter {
  /** Whole lines up to the last newline in `chunk`; none where it has none. Holds on to `chunk`. */
  push(chunk: Buffer): readonly Piece[];
  /** What came after the last newline; `null` where nothing did. */
  end(): Piece | null;
}

/** `offset`: where the stream begins in what it is read from. */
export function createLineCutter(offset: number): LineCutter {
  let kept: Buffer[] = [];
  let keptBytes = 0;

  function keep(chunk: Buffer): void {
    keptBytes += chunk.length;
    if (keptBytes > MAX_LINE_BYTES) {
      kept = [];
    } else if (chunk.length > 0) {
      kept.push(chunk);
    }
  }

  function piece(length: number, bytes: Buffer): Piece {
    offset += length;
    return { offset: offset - length, length, bytes };
  }

  /** What is kept; of a line that is too long, a line that says so, with `end` where it has one. */
  function take(end: "" | "\n"): Piece {
    const length = keptBytes;
    const bytes = length > MAX_LINE_BYTES ? noticeOf(length, end) : Buffer.concat(kept);
    [kept, keptBytes] = [[], 0];
    return piece(length, bytes);
  }

  return {
    push(chunk) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end === 0) {
        keep(chunk);
        return [];
      }
      const pieces: Piece[] = [];
      // One piece, where that is not too long; else the line that was begun before is one of its own.
      const begun =
        keptBytes === 0 ? 0 : keptBytes + end <= MAX_LINE_BYTES ? end : chunk.indexOf(NEWLINE) + 1;
      if (begun > 0) {
        keep(chunk.subarray(0, begun));
        pieces.push(take("\n"));
      }
      if (begun < end) {
        pieces.push(piece(end - begun, chunk.subarray(begun, end)));
      }
      keep(chunk.subarray(end));
      return pieces;
    },
    end: () => (keptBytes === 0 ? null : take("")),
  };
}

/** A line like any other that is no JSON, so that it is shown and counted as such. */
function noticeOf(length: number, end: string): Buffer {
  return Buffer.from(
    `[a line of ${length} bytes, which is more than the ${MAX_LINE_BYTES} that are read of one]${end}`,
  );
}
