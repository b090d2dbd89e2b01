/** What the buffer needs to know of the stream that an event belongs to. */
export interface ReplayedStream {
  /** Events up to and including this one are no longer kept. */
  evictedUpTo(sequence: number): void;
}

interface Kept {
  readonly stream: ReplayedStream;
  readonly sequence: number;
  readonly event: Buffer;
}

/** The newest events of all streams of a session, bounded by number and by bytes. */
export interface ReplayBuffer {
  add(stream: ReplayedStream, sequence: number, event: Buffer): void;
  after(stream: ReplayedStream, sequence: number): readonly { sequence: number; event: Buffer }[];
}

export function createReplayBuffer(bounds: {
  readonly events: number;
  readonly bytes: number;
}): ReplayBuffer {
  const kept: Kept[] = [];
  let bytes = 0;
  return {
    add: (stream, sequence, event) => {
      kept.push({ stream, sequence, event });
      bytes += event.length;
      while (kept.length > bounds.events || bytes > bounds.bytes) {
        const oldest = kept.shift();
        if (oldest === undefined) {
          break;
        }
        bytes -= oldest.event.length;
        oldest.stream.evictedUpTo(oldest.sequence);
      }
    },
    after: (stream, sequence) => kept.filter((entry) => entry.stream === stream && entry.sequence > sequence),
  };
}
