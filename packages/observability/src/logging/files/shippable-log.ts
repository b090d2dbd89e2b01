import type { LineLog } from "./line-log.ts";
import { createLineReader, type LineReader } from "./line-reader.ts";
import type { LogName } from "./log-names.ts";
import { loadPosition, savePosition, type ShippingPosition } from "./position-file.ts";

/** One of the logs, as the code that ships it sees it. */
export interface ShippableLog {
  readonly name: LogName;
  readonly directory: string;
  /** The number that the next line gets, and that of the first one that is still there. */
  readonly head: number;
  readonly first: number;
  openReader(): LineReader;
  /** `null` when it was never shipped. From now on what is removed beyond the position counts as unshipped. */
  loadPosition(): ShippingPosition | null;
  /** Resolves when the position would survive a crash. */
  savePosition(position: ShippingPosition): Promise<void>;
}

export function createShippableLog(
  log: LineLog,
  on: { shipped(upTo: number): void; unreadable(file: string, error: unknown): void },
): ShippableLog {
  const { name, directory } = log;
  return {
    name,
    directory,
    get head() {
      return log.head;
    },
    get first() {
      return log.segments()[0]?.base ?? log.head;
    },
    openReader: () => createLineReader(log, on.unreadable),
    loadPosition() {
      const position = loadPosition(directory, name);
      on.shipped(position?.next ?? 0);
      return position;
    },
    async savePosition(position) {
      await savePosition(directory, name, position);
      on.shipped(position.next);
    },
  };
}
