import { NOTHING, type Ingested } from "../protocol/names.ts";

/** Sums up what is committed within a moment, tenant by tenant, so that many small requests make one entry. */
export interface Coalescer {
  add(tenant: string, ingested: Ingested, at: number): void;
  /** Gives away what waits. */
  flush(): void;
  close(): void;
}

interface Waiting {
  readonly ingested: Ingested;
  readonly at: number;
}

export function createCoalescer(
  waitMs: number,
  publish: (tenant: string, ingested: Ingested, at: number) => void,
): Coalescer {
  const waiting = new Map<string, Waiting>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const all = [...waiting];
    waiting.clear();
    for (const [tenant, { ingested, at }] of all) {
      publish(tenant, ingested, at);
    }
  }

  return {
    add(tenant, ingested, at) {
      const { ingested: before, at: since } = waiting.get(tenant) ?? { ingested: NOTHING, at };
      waiting.set(tenant, { ingested: sum(before, ingested), at: since });
      timer ??= setTimeout(flush, waitMs);
    },
    flush,
    close: flush,
  };
}

export function sum(one: Ingested, other: Ingested): Ingested {
  return { activity: one.activity + other.activity, score: one.score + other.score };
}
