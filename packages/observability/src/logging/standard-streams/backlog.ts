/** Bytes that wait for the reader of a stream, in order and bounded. */
export interface Backlog {
  readonly bytes: number;
  /** Takes whole lines, or returns `false` when they do not fit below `limit`. */
  add(lines: Buffer, limit: number): boolean;
  /** The rest of a line of which the reader has a part already: it is never dropped. */
  addRest(rest: Buffer): void;
  /** What comes next; `null` when nothing waits. */
  peek(): Buffer | null;
  /** Takes `bytes` off the front of what `peek` gave. */
  advance(bytes: number): void;
  clear(): void;
}

export function createBacklog(): Backlog {
  let chunks: Buffer[] = [];
  /** Chunks before it are written. */
  let first = 0;
  let bytes = 0;

  function push(chunk: Buffer): void {
    chunks.push(chunk);
    bytes += chunk.length;
  }

  return {
    get bytes() {
      return bytes;
    },
    add(lines, limit) {
      if (bytes + lines.length > limit) {
        return false;
      }
      push(lines);
      return true;
    },
    addRest: push,
    peek: () => chunks[first] ?? null,
    advance(count) {
      const chunk = chunks[first];
      if (chunk === undefined) {
        return;
      }
      bytes -= count;
      if (count < chunk.length) {
        chunks[first] = chunk.subarray(count);
        return;
      }
      first += 1;
      // Cheaper than shifting each chunk.
      if (first === chunks.length || first > 1_000) {
        chunks = chunks.slice(first);
        first = 0;
      }
    },
    clear() {
      chunks = [];
      first = 0;
      bytes = 0;
    },
  };
}
