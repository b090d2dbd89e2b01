const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Hands out what came after the last line break, if anything. */
  end(): void;
}

/** What becomes of a line that is too long to be kept. */
export interface Overflow {
  /** Called once with what there is of it, which is more than the bound. */
  begin(start: Buffer): void;
  /** What comes after that, up to its line break. */
  more?(part: Buffer): void;
  /** Its line break, or the end of all. */
  end?(): void;
}

/** Cuts a byte stream into lines without their line breaks; empty lines are left out, and those longer than `maxBytes`. */
export function createLineSplitter(
  maxBytes: number,
  onLine: (line: Buffer) => void,
  overflow: Overflow,
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
      const start = Buffer.concat(parts);
      reset();
      skipping = true;
      overflow.begin(start);
    }
  }

  function reset(): void {
    parts = [];
    size = 0;
  }

  function finish(): void {
    const line = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
    reset();
    const length = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    if (length > 0) {
      onLine(line.subarray(0, length));
    }
  }

  return {
    push: (chunk) => {
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(NEWLINE, start);
        if (end === -1) {
          break;
        }
        take(chunk.subarray(start, end));
        if (skipping) {
          skipping = false;
          overflow.end?.();
        } else {
          finish();
        }
        start = end + 1;
      }
      if (start < chunk.length) {
        take(chunk.subarray(start));
      }
    },
    end: () => {
      if (skipping) {
        skipping = false;
        overflow.end?.();
      } else if (size > 0) {
        finish();
      }
    },
  };
}
