import type { LogEntry } from "../scan/entry.ts";

interface Head {
  readonly source: AsyncIterator<LogEntry[], void, void>;
  entries: readonly LogEntry[];
  at: number;
}

/** Entries of several logs, each in order, as one in order of time. Those of one log keep their order. */
export async function* mergeByTime(
  sources: readonly AsyncIterable<LogEntry[]>[],
): AsyncGenerator<LogEntry[], void, void> {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) {
    yield* only;
    return;
  }
  const heads: Head[] = sources.map((source) => ({
    source: source[Symbol.asyncIterator](),
    entries: [],
    at: 0,
  }));
  try {
    for (;;) {
      await Promise.all(heads.map(fill));
      const open = heads.filter(({ at, entries }) => at < entries.length);
      if (open.length === 0) {
        return;
      }
      yield takeUntilOneIsEmpty(open);
    }
  } finally {
    await Promise.all(heads.map(async ({ source }) => source.return?.()));
  }
}

async function fill(head: Head): Promise<void> {
  while (head.at >= head.entries.length) {
    const next = await head.source.next();
    if (next.done === true) {
      return;
    }
    [head.entries, head.at] = [next.value, 0];
  }
}

function takeUntilOneIsEmpty(heads: readonly Head[]): LogEntry[] {
  const taken: LogEntry[] = [];
  for (;;) {
    let first: Head | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const head of heads) {
      const at = head.entries[head.at]?.at ?? Number.NEGATIVE_INFINITY;
      if (first === undefined || at < earliest) {
        [first, earliest] = [head, at];
      }
    }
    const entry = first?.entries[first.at];
    if (first === undefined || entry === undefined) {
      return taken;
    }
    taken.push(entry);
    first.at += 1;
    if (first.at >= first.entries.length) {
      return taken;
    }
  }
}
