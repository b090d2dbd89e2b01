import type { PayloadKind } from "../../events/payload.ts";
import type { StoredEvent } from "../../events/audit-event.ts";
import { readCallSummary, type CallSummary, type SummaryQuery } from "./call-summary.ts";
import { exportEvents, type ExportFormat } from "./export.ts";
import type { EventFilter } from "./filter.ts";
import { countOrphans, readOrphans, type OrphanPage, type OrphanQuery } from "./orphans.ts";
import { readPage, type EventPage, type PageOptions } from "./page.ts";
import { readPayloadsOf, type RecordedPayload } from "./payloads.ts";
import { readEvents, toStoredEvent } from "./read-events.ts";
import { createReadingPool, type ReadingPoolOptions } from "./reading-pool.ts";
import { readTrail, type Trail } from "./trail.ts";

/** Reads the log. Every method rejects with an `AuditError`. */
export interface AuditReader {
  /** `null` when the log has no event of this id. */
  event(id: string): Promise<StoredEvent | null>;
  /** One page of the events that match. */
  events(filter: EventFilter, options?: PageOptions): Promise<EventPage>;
  /**
   * Everything recorded of one request, intents joined with their outcomes; empty for an unknown one. `tenant`, here and
   * below: only what is of this tenant.
   */
  trail(requestId: string, tenant?: string): Promise<Trail>;
  /** The trail of the request that this event belongs to; `null` when there is no such event. */
  trailOf(eventId: string, tenant?: string): Promise<Trail | null>;
  /** Chunks of text, for `Readable.from`; read no faster than they are consumed. */
  export(filter: EventFilter, format: ExportFormat): AsyncIterable<string>;
  /** Arguments and result of a call, as far as they were kept and not erased. */
  payloads(eventId: string): Promise<readonly RecordedPayload[]>;
  /** The same of several events, by their ids; `kinds`: only these. */
  payloadsOf(
    eventIds: readonly string[],
    kinds?: readonly PayloadKind[],
  ): Promise<ReadonlyMap<string, readonly RecordedPayload[]>>;
  /** Calls of tools within a time, summed up by what they have in common. */
  callSummary(query: SummaryQuery): Promise<CallSummary>;
  /** Intents that no outcome followed in time. */
  orphanedIntents(options?: OrphanQuery): Promise<OrphanPage>;
  countOrphanedIntents(tenant?: string): Promise<number>;
  close(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads an audit log, with connections of its own. Nothing is connected before the first query. */
export function createAuditReader(options: ReadingPoolOptions): AuditReader {
  const pool = createReadingPool({ ...options, name: "sark-audit-reader" });

  async function event(id: string): Promise<StoredEvent | null> {
    if (!UUID.test(id)) {
      return null;
    }
    const { rows } = await readEvents(pool, {
      where: { sql: ["id = $1"], values: [id] },
      order: "oldest_first",
      limit: 1,
    });
    return rows[0] === undefined ? null : toStoredEvent(rows[0]);
  }

  const payloadsOf: AuditReader["payloadsOf"] = (eventIds, kinds) =>
    readPayloadsOf(
      pool,
      eventIds.filter((id) => UUID.test(id)),
      kinds,
    );

  return {
    event,
    events: (filter, page = {}) => readPage(pool, filter, page),
    trail: (requestId, tenant) => readTrail(pool, requestId, tenant),
    async trailOf(eventId, tenant) {
      const found = await event(eventId);
      return found === null ? null : readTrail(pool, found.event.gateway_request_id, tenant);
    },
    export: (filter, format) => exportEvents(pool, filter, format),
    payloads: async (eventId) => (await payloadsOf([eventId])).get(eventId.toLowerCase()) ?? [],
    payloadsOf,
    callSummary: (query) => readCallSummary(pool, query),
    orphanedIntents: (page = {}) => readOrphans(pool, page),
    countOrphanedIntents: (tenant) => countOrphans(pool, tenant),
    close: () => pool.end(),
  };
}
