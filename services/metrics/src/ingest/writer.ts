import { AsyncLocalStorage } from "node:async_hooks";
import { sampledTrace } from "@sark/observability/tracing";
import { createFairQueue, type RightOfWay } from "@sark/scheduling";
import type { Database, Queryable } from "../database/database.ts";
import { EVENT_KINDS, type IngestEvent, type IngestListener } from "../domain/ingest.ts";
import { createDailyQuota, QuotaExceeded } from "./daily-quota.ts";
import { resultOf, type GroupResult, type Written } from "./group-result.ts";
import { keepResponses, KeyTaken, type KeptResponse } from "./idempotency.ts";
import { insertEvents } from "./insert-events.ts";
import { insertStorable, isAboutData, type Insertion } from "./insert-storable.ts";
import type { IngestObserver } from "./observer.ts";
import { SMALL_PIECE } from "./pieces.ts";

/** For a request with an `Idempotency-Key`: what to keep of it in the transaction of its events. */
export interface ResponseKeeping extends Pick<KeptResponse, "key" | "request"> {
  /** By what became of the events. */
  response(written: Written): object;
}

/** There is no room for more events that wait to be written. */
export class IngestOverloaded extends Error {
  override readonly name = "IngestOverloaded";
}

/** The database did not respond as it should, and none of the events was acknowledged. */
export class IngestFailed extends Error {
  override readonly name = "IngestFailed";
}

/**
 * Writes events in groups: what comes while the transactions of a tenant commit forms the tenant's next one. No group has
 * events of two tenants, so that row-level security holds for each, and tenants take turns.
 */
export interface IngestWriter {
  /**
   * Resolves when all events are committed that the database does not refuse, and the response that is to be kept. Rejects with `IngestOverloaded`, `QuotaExceeded`,
   * `KeyTaken` or `IngestFailed`.
   */
  write(tenant: string, events: readonly IngestEvent[], keeping?: ResponseKeeping): Promise<Written>;
  /** Events that wait, of all tenants. */
  readonly waiting: number;
  /** Resolves when what waits is written. */
  close(): Promise<void>;
}

interface Pending {
  readonly events: readonly IngestEvent[];
  readonly keeping: ResponseKeeping | null;
  readonly done: PromiseWithResolvers<Written>;
  readonly isSampled: boolean;
  /** Runs what is done for it among the spans and log lines of its request. */
  readonly inContext: Within;
}
type Within = ReturnType<typeof AsyncLocalStorage.snapshot>;

interface TenantQueue {
  readonly pending: Pending[];
  events: number;
  /** Transactions that are under way, or wait for their turn. */
  writing: number;
}

export interface IngestWriterOptions {
  readonly database: Pick<Database, "asTenant">;
  readonly observer: IngestObserver;
  readonly listener: IngestListener;
  /** Long groups are written in pieces, and give way to short requests of other tenants. */
  readonly rightOfWay: Pick<RightOfWay, "longWork">;
  /** Transactions at once. */
  readonly atOnce: number;
  /** Events in one transaction; a larger request is one of its own. */
  readonly maxGroup: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerTenant: number;
}

/** Transactions of one tenant at once: while one commits, PostgreSQL inserts for the other. */
const PER_TENANT = 2;

export function createIngestWriter(options: IngestWriterOptions): IngestWriter {
  const { database, observer, listener, maxGroup } = options;
  const quota = createDailyQuota();
  const turns = createFairQueue({ atOnce: options.atOnce, perSource: PER_TENANT });
  // A long group gives way with its transaction open: what it gives way to must find room for its own.
  const longTurns = createFairQueue({ atOnce: Math.max(1, options.atOnce - 1), perSource: PER_TENANT });
  const tenants = new Map<string, TenantQueue>();
  let waiting = 0;
  let idle = Promise.withResolvers<void>();

  function queueOf(tenant: string): TenantQueue {
    let queue = tenants.get(tenant);
    if (queue === undefined) {
      tenants.set(tenant, (queue = { pending: [], events: 0, writing: 0 }));
    }
    return queue;
  }

  /** As many requests as fit into so many events, at least one. */
  function takeGroup(queue: TenantQueue, most: number): Pending[] {
    let count = 0;
    let events = 0;
    for (const { events: more } of queue.pending) {
      if (count > 0 && events + more.length > most) {
        break;
      }
      count += 1;
      events += more.length;
    }
    return queue.pending.splice(0, count);
  }

  async function writeNext(tenant: string, queue: TenantQueue, most: number): Promise<void> {
    const group = takeGroup(queue, most);
    // Another transaction of the tenant took what was there.
    if (group.length === 0) {
      return;
    }
    const events = group.reduce((sum, { events: own }) => sum + own.length, 0);
    try {
      // Of the requests that share the transaction one has its statements among its spans.
      const shown = group.find(({ isSampled }) => isSampled) ?? group[0];
      await shown?.inContext(() => writeGroup(tenant, group));
    } finally {
      queue.events -= events;
      waiting -= events;
    }
  }

  async function insertAll(
    tx: Queryable,
    tenant: string,
    events: readonly IngestEvent[],
  ): Promise<Insertion> {
    const work = events.length > SMALL_PIECE ? options.rightOfWay.longWork(tenant) : null;
    return { added: await insertEvents(tx, tenant, events, work), refused: new Set() };
  }

  async function writeGroup(tenant: string, group: readonly Pending[], insert = insertAll): Promise<void> {
    const events = group.flatMap(({ events: own }) => own);
    const started = performance.now();
    let result: GroupResult;
    try {
      result = await database.asTenant("ingest", tenant, async (tx) => {
        await quota.check(tx, tenant, events);
        const insertion = await insert(tx, tenant, events);
        await quota.count(tx, tenant, insertion.added.activity.size + insertion.added.score.size);
        const { written, ...rest } = resultOf(
          group.map(({ events: own }) => own),
          insertion,
        );
        await keepResponses(tx, tenant, responsesOf(group, written));
        return { written, ...rest };
      });
    } catch (cause) {
      const isOfRequest = cause instanceof QuotaExceeded || cause instanceof KeyTaken;
      if (!isOfRequest) {
        observer.writeFailed({ tenant, events: events.length, error: cause });
      }
      if (group.length > 1 && (isOfRequest || isAboutData(cause))) {
        // One request must not fail because of what another one holds.
        for (const one of group) {
          await writeGroup(tenant, [one]);
        }
        return;
      }
      if (isAboutData(cause) && insert === insertAll) {
        // Nor one event because of another one.
        await writeGroup(tenant, group, insertStorable);
        return;
      }
      for (const { done } of group) {
        done.reject(isOfRequest ? cause : new IngestFailed("The events could not be written.", { cause }));
      }
      return;
    }
    observer.batchWritten({ tenant, events: events.length, seconds: (performance.now() - started) / 1_000 });
    tell(tenant, result);
    for (const [at, { done }] of group.entries()) {
      done.resolve(result.written[at] ?? []);
    }
  }

  function tell(tenant: string, { accepted, counts }: GroupResult): void {
    for (const kind of EVENT_KINDS) {
      if (counts[kind].accepted + counts[kind].duplicates > 0) {
        observer.committed({ tenant, kind, ...counts[kind] });
      }
    }
    for (const event of accepted) {
      if (event.kind === "score") {
        observer.scored({ tenant, role: event.role, score: event.score });
      }
    }
    if (accepted.length > 0) {
      listener({ tenant, events: accepted });
    }
  }

  function inTurn(tenant: string, queue: TenantQueue): Promise<void> {
    return queue.events > SMALL_PIECE
      ? longTurns.run(tenant, () => turns.run(tenant, () => writeNext(tenant, queue, maxGroup)))
      : turns.run(tenant, () => writeNext(tenant, queue, SMALL_PIECE));
  }

  async function drain(tenant: string, queue: TenantQueue): Promise<void> {
    queue.writing += 1;
    while (queue.pending.length > 0) {
      await inTurn(tenant, queue);
    }
    queue.writing -= 1;
    if (queue.writing > 0) {
      return;
    }
    tenants.delete(tenant);
    if (tenants.size === 0) {
      idle.resolve();
    }
  }

  return {
    write(tenant, events, keeping) {
      const queue = queueOf(tenant);
      if (
        waiting + events.length > options.maxWaiting ||
        (queue.events > 0 && queue.events + events.length > options.maxWaitingPerTenant)
      ) {
        if (queue.writing === 0) {
          tenants.delete(tenant);
        }
        return Promise.reject(new IngestOverloaded("Too many events wait to be written."));
      }
      const done = Promise.withResolvers<Written>();
      queue.pending.push({
        events,
        keeping: keeping ?? null,
        done,
        isSampled: sampledTrace() !== undefined,
        inContext: AsyncLocalStorage.snapshot(),
      });
      queue.events += events.length;
      waiting += events.length;
      if (queue.writing < PER_TENANT) {
        if (tenants.size === 1 && queue.writing === 0) {
          idle = Promise.withResolvers();
        }
        void drain(tenant, queue);
      }
      return done.promise;
    },
    get waiting() {
      return waiting;
    },
    async close() {
      if (tenants.size > 0) {
        await idle.promise;
      }
    },
  };
}

function responsesOf(group: readonly Pending[], written: readonly Written[]): KeptResponse[] {
  return group.flatMap(({ keeping }, at) =>
    keeping === null
      ? []
      : [{ key: keeping.key, request: keeping.request, response: keeping.response(written[at] ?? []) }],
  );
}
