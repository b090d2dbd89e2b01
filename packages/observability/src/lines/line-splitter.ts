const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Takes a byte stream in pieces and hands its lines out as they end. */
export interface LineSplitter {
  /** Takes the next bytes. Lines that end in them are handed out before it returns; they may share its memory. */
  push(chunk: Uint8Array): void;
  /** Hands out what came after the last newline, if anything. */
  end(): void;
}

/** Bounds and form of the lines that a splitter hands out. */
export interface LineSplitterOptions {
  /** A longer line is not kept: it goes to `overflow`. */
  readonly maxBytes: number;
  /** Whether a carriage return before the newline belongs to the line's end. Default `false`: every byte counts. */
  readonly crlf?: boolean;
  /** Whether empty lines are left out. Default `false`. */
  readonly skipEmpty?: boolean;
}

/** What becomes of a line that is too long to be kept. */
export interface LineOverflow {
  /** Called once with what there is of it, which is more than the bound. */
  begin(start: Buffer): void;
  /** What comes after that, up to its newline. */
  more?(part: Buffer): void;
  /** Its newline, or the end of all. */
  end?(): void;
}

/**
 * Cuts a byte stream into lines without their newlines, and keeps no more than `maxBytes` and one chunk of it. `ended`
 * is false for what comes after the last newline. Lines are cut at 0x0a alone: U+2028 and a lone carriage return, which
 * JSON may hold in a string or as white space, end none.
 */
export function createLineSplitter(
  { maxBytes, crlf = false, skipEmpty = false }: LineSplitterOptions,
  onLine: (line: Buffer, ended: boolean) => void,
  overflow: LineOverflow,
): LineSplitter {
  let parts: Buffer[] = [];
  let size = 0;
  let skipping = false;

  function take(part: Buffer): void {
    if (skipping) {
      overflow.more?.(part);
      return;
    }
    parts.push(part);
    size += part.length;
    if (size > maxBytes) {
      const start = collected();
      skipping = true;
      overflow.begin(start);
    }
  }

  function collected(): Buffer {
    const [only = EMPTY] = parts;
    const all = parts.length <= 1 ? only : Buffer.concat(parts, size);
    parts = [];
    size = 0;
    return all;
  }

  function finish(ended: boolean): void {
    if (skipping) {
      skipping = false;
      overflow.end?.();
      return;
    }
    const line = collected();
    const length = crlf && line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    if (length > 0 || !skipEmpty) {
      onLine(length === line.length ? line : line.subarray(0, length), ended);
    }
  }

  return {
    push(chunk) {
      const bytes = asBuffer(chunk);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        take(bytes.subarray(start, end));
        finish(true);
        start = end + 1;
      }
      if (start < bytes.length) {
        take(bytes.subarray(start));
      }
    },
    end() {
      if (skipping || size > 0) {
        finish(false);
      }
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
