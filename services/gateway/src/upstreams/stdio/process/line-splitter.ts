const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Hands out what came after the last line break, if anything. */
  end(): void;
}

/**
 * Cuts a byte stream into lines without their line breaks; empty lines are left out. `onOverflow` is
 * called once for a line longer than `maxBytes`, whose rest is then skipped up to its line break.
 */
export function createLineSplitter(
  maxBytes: number,
  onLine: (line: Buffer) => void,
  onOverflow: (start: Buffer) => void,
): LineSplitter {
  let parts: Buffer[] = [];
  let size = 0;
  let skipping = false;

  function take(part: Buffer): void {
    if (skipping) {
      return;
    }
    parts.push(part);
    size += part.length;
    if (size > maxBytes) {
      const start = Buffer.concat(parts);
      reset();
      skipping = true;
      onOverflow(start.subarray(0, maxBytes));
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
      if (!skipping && size > 0) {
        finish();
      }
    },
  };
}
