import { NOTHING, type Ingested } from "../protocol/names.ts";

/** What was committed at once, or nearly so. */
export interface Entry {
  /** 1, 2, 3 … within the epoch. */
  readonly seq: number;
  readonly ingested: Ingested;
  /** When the oldest of it was committed: Unix milliseconds. */
  readonly at: number;
}

/** What happened between two positions. */
export interface Missed {
  readonly ingested: Ingested;
  readonly entries: number;
  /** When the oldest of it was committed; `null` where there is nothing. */
  readonly oldestAt: number | null;
}

/** The last entries of one tenant. */
export interface History {
  /** Changes where sequence numbers begin anew. */
  readonly epoch: string;
  /** Of the last entry; 0 before the first one. */
  readonly seq: number;
  /** `false` where entries between are missing: nothing is appended. One that is there already is left out. */
  append(entry: Entry): boolean;
  /** After `seq` and up to `to`, the last entry unless told. `null` where `seq` lies beyond what is kept, or in the future. */
  since(seq: number, to?: number): Missed | null;
}

interface Kept {
  readonly at: number;
  /** Sum of all entries up to and including this one. */
  readonly activity: number;
  readonly score: number;
}

/** @param max entries that are kept. @param entries that are known already, the last one being `seq` */
export function createHistory(
  epoch: string,
  max: number,
  { seq: last, entries }: { readonly seq: number; readonly entries: readonly Entry[] },
): History {
  const kept: Kept[] = [];
  let before: Pick<Kept, "activity" | "score"> = NOTHING;
  let seq = last - entries.length;

  function keep({ ingested, at }: Entry): void {
    const sum = kept.at(-1) ?? before;
    kept.push({
      at,
      activity: sum.activity + ingested.activity,
      score: sum.score + ingested.score,
    });
    seq += 1;
    // Seldom, because it moves all that is left.
    if (kept.length > 2 * max) {
      before = kept[kept.length - max - 1] ?? before;
      kept.splice(0, kept.length - max);
    }
  }

  entries.forEach(keep);
  return {
    epoch,
    get seq() {
      return seq;
    },
    append(entry) {
      if (entry.seq > seq + 1) {
        return false;
      }
      if (entry.seq === seq + 1) {
        keep(entry);
      }
      return true;
    },
    since(from, to = seq) {
      if (from > to || to > seq || seq - from > Math.min(kept.length, max)) {
        return null;
      }
      const first = kept.length - (seq - from);
      const end = kept.length - (seq - to);
      const sum = kept[first - 1] ?? before;
      const now = kept[end - 1] ?? before;
      return {
        ingested: { activity: now.activity - sum.activity, score: now.score - sum.score },
        entries: to - from,
        oldestAt: from === to ? null : (kept[first]?.at ?? null),
      };
    },
  };
}
