import { LRUCache } from "lru-cache";

/** Bounds records of what was refused: a flood of requests must not become a flood of records. */
export interface RecordLimit {
  /** Whether one more of this kind goes on record; then also how many did not since the last one that did. */
  take(kind: string): { readonly kept: boolean; readonly suppressed: number };
}

const MAX_KINDS = 10_000;

export function createRecordLimit(
  { max, perMs }: { readonly max: number; readonly perMs: number },
  now: () => number = () => performance.now(),
): RecordLimit {
  const windows = new LRUCache<string, { startedAt: number; kept: number; suppressed: number }>({
    max: MAX_KINDS,
  });
  return {
    take(kind) {
      const at = now();
      let window = windows.get(kind);
      if (window === undefined) {
        windows.set(kind, (window = { startedAt: at, kept: 0, suppressed: 0 }));
      } else if (at - window.startedAt >= perMs) {
        window.startedAt = at;
        window.kept = 0;
      }
      if (window.kept >= max) {
        window.suppressed += 1;
        return { kept: false, suppressed: 0 };
      }
      window.kept += 1;
      const { suppressed } = window;
      window.suppressed = 0;
      return { kept: true, suppressed };
    },
  };
}
