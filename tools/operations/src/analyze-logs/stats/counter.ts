import { textField, type LogEntry } from "../scan/entry.ts";

export interface LogStats {
  readonly lines: number;
  readonly bytes: number;
  /** Lines that are no JSON. */
  readonly unreadable: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Lines by level and by component, the most frequent first; components beyond the first thousand are `other`. */
  readonly levels: Readonly<Record<string, number>>;
  readonly components: Readonly<Record<string, number>>;
  /** Lines in each stretch of so many seconds, from the first line on. */
  readonly over_time: { readonly seconds: number; readonly counts: readonly number[] };
}

const MAX_NAMES = 1_000;
const MAX_STRETCHES = 60;
const LENGTHS_S = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800] as const;

/** Counts lines while they come: it keeps no line, and its memory does not grow with them. */
export function createCounter(): { add(entry: LogEntry): void; stats(bytes: number): LogStats } {
  const levels = new Map<string, number>();
  const components = new Map<string, number>();
  const times = createTimes();
  let [lines, unreadable] = [0, 0];
  return {
    add(entry) {
      lines += 1;
      if (entry.record === null) {
        unreadable += 1;
      }
      count(levels, textField(entry, "level") ?? "-");
      count(components, textField(entry, "component") ?? "-");
      if (entry.at !== null) {
        times.add(entry.at);
      }
    },
    stats: (bytes) => ({
      lines,
      bytes,
      unreadable,
      ...times.shown(),
      levels: mostFrequentFirst(levels),
      components: mostFrequentFirst(components),
    }),
  };
}

function count(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < MAX_NAMES ? name : "other";
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostFrequentFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}

/** Counts by time in at most as many stretches as fit a terminal; they become longer as the time does. */
function createTimes(): {
  add(at: number): void;
  shown(): Pick<LogStats, "first" | "last" | "over_time">;
} {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let length = 0;
  let counts = new Map<number, number>();
  const seconds = () => LENGTHS_S[length] ?? 604_800;
  function widen(): void {
    while ((last - first) / 1_000 / seconds() >= MAX_STRETCHES && length < LENGTHS_S.length - 1) {
      const narrow = seconds();
      length += 1;
      const wide = new Map<number, number>();
      for (const [stretch, found] of counts) {
        const at = Math.floor((stretch * narrow) / seconds());
        wide.set(at, (wide.get(at) ?? 0) + found);
      }
      counts = wide;
    }
  }
  return {
    add(at) {
      [first, last] = [Math.min(first, at), Math.max(last, at)];
      widen();
      const stretch = Math.floor(at / 1_000 / seconds());
      counts.set(stretch, (counts.get(stretch) ?? 0) + 1);
    },
    shown() {
      if (counts.size === 0) {
        return { first: null, last: null, over_time: { seconds: seconds(), counts: [] } };
      }
      const [begin, end] = [first, last].map((at) => Math.floor(at / 1_000 / seconds())) as [number, number];
      // Clocks that were wrong for once must not make a list without end.
      const shown = Math.min(end - begin + 1, 10 * MAX_STRETCHES);
      return {
        first: new Date(first).toISOString(),
        last: new Date(last).toISOString(),
        over_time: {
          seconds: seconds(),
          counts: Array.from({ length: shown }, (_, at) => counts.get(begin + at) ?? 0),
        },
      };
    },
  };
}
