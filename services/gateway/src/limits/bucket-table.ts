import type { LimitKind } from "../domain/rate-limits.ts";
import type { Bucket } from "@sark/scheduling";

/** The buckets of this process, within a bound. */
export interface BucketTable {
  /**
   * The bucket of this key. When there is no room for one more, the one that all further keys of the part share:
   * what is not full is never forgotten, as that would give its subject a new start.
   */
  place(key: string, kind: LimitKind, known: boolean, now: number): Placed;
  /** What is held of this key; `undefined` for a full one. */
  peek(key: string, kind: LimitKind, now: number): Bucket | undefined;
  forget(key: string, kind: LimitKind): void;
  readonly size: number;
}

export interface Placed {
  /** Of the bucket, which may be that of a part. */
  readonly key: string;
  readonly bucket: Bucket;
}

/** Full ones are looked for among so many that were not used for the longest time. */
const LOOKED_AT = 16;

export function createBucketTable(options: {
  readonly maxSubjects: number;
  /** A key has no bucket of its own. */
  overflowed(kind: LimitKind): void;
}): BucketTable {
  const { maxSubjects, overflowed } = options;
  /** Those with names that the operator or a server gave apart from others: a caller can make up no such name. */
  const parts = new Map<string, Map<string, Bucket>>();
  const partsOf = (kind: LimitKind) => [partOf(kind, true), partOf(kind, false)];

  function partOf(kind: LimitKind, known: boolean): Map<string, Bucket> {
    const name = `${kind} ${known}`;
    let part = parts.get(name);
    if (part === undefined) {
      parts.set(name, (part = new Map()));
    }
    return part;
  }

  function hasRoom(part: Map<string, Bucket>, now: number): boolean {
    if (part.size < maxSubjects) {
      return true;
    }
    let looked = 0;
    for (const [key, { fullAt }] of part) {
      if (fullAt <= now) {
        part.delete(key);
      }
      looked += 1;
      if (looked === LOOKED_AT) {
        break;
      }
    }
    return part.size < maxSubjects;
  }

  return {
    place(key, kind, known, now) {
      const part = partOf(kind, known);
      const held = part.get(key);
      if (held !== undefined) {
        // The last one used stands last, where one has to make room for others before long.
        if (part.size * 2 > maxSubjects) {
          part.delete(key);
          part.set(key, held);
        }
        return { key, bucket: held };
      }
      if (hasRoom(part, now)) {
        const bucket: Bucket = { fullAt: now };
        part.set(key, bucket);
        return { key, bucket };
      }
      overflowed(kind);
      const shared = `${kind} further ${known}`;
      let bucket = part.get(shared);
      if (bucket === undefined) {
        part.set(shared, (bucket = { fullAt: now }));
      }
      return { key: shared, bucket };
    },
    peek(key, kind, now) {
      for (const part of partsOf(kind)) {
        const bucket = part.get(key);
        if (bucket !== undefined && bucket.fullAt > now) {
          return bucket;
        }
      }
      return undefined;
    },
    forget(key, kind) {
      for (const part of partsOf(kind)) {
        part.delete(key);
      }
    },
    get size() {
      return [...parts.values()].reduce((sum, part) => sum + part.size, 0);
    },
  };
}
