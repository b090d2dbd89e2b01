import pg from "pg";
import type { AuditEvent } from "../../events/event-record.ts";
import { toAuditError } from "../store-errors.ts";
import { exportEvents, type ExportFormat } from "./export.ts";
import type { EventFilter } from "./filter.ts";
import { countOrphans, readOrphans, type OrphanPage } from "./orphans.ts";
import { readPage, type EventPage, type PageOptions } from "./page.ts";
import { readPayloads, type RecordedPayload } from "./payloads.ts";
import { readEvents, toAuditEvent, type Queryable } from "./read-events.ts";
import { readTrail, type Trail } from "./trail.ts";

/** Answers questions about the log. Every method rejects with an `AuditError`. */
export interface AuditReader {
  /** `null` when the log has no event of this id. */
  event(id: string): Promise<AuditEvent | null>;
  /** One page of the events that match. */
  events(filter: EventFilter, options?: PageOptions): Promise<EventPage>;
  /** Everything recorded of one request, intents joined with their outcomes; empty for an unknown one. */
  trail(requestId: string): Promise<Trail>;
  /** The trail of the request that this event belongs to; `null` when there is no such event. */
  trailOf(eventId: string): Promise<Trail | null>;
  /** Chunks of text, for `Readable.from`; read no faster than they are consumed. */
  export(filter: EventFilter, format: ExportFormat): AsyncIterable<string>;
  /** Arguments and result of a call, as far as they were kept and not erased. */
  payloads(eventId: string): Promise<readonly RecordedPayload[]>;
  /** Intents that no outcome followed in time. */
  orphanedIntents(options?: { readonly limit?: number; readonly cursor?: string }): Promise<OrphanPage>;
  countOrphanedIntents(): Promise<number>;
  close(): Promise<void>;
}

export interface AuditReaderOptions {
  readonly connectionString: string;
  /** Queries at once; others wait. Default 4. */
  readonly maxConnections?: number;
  /** A query that takes longer fails with `store_timeout`, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function createAuditReader(options: AuditReaderOptions): AuditReader {
  const { connectionString, maxConnections = 4, timeoutMs = 10_000 } = options;
  const pool = new pg.Pool({
    connectionString,
    max: maxConnections,
    application_name: "sark-audit-reader",
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 1_000,
    // Nobody audits all day: connections go back when they are not used.
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced by the pool; the next query tells if the database is gone.
  pool.on("error", () => undefined);

  const client: Queryable = {
    query: ((text: string, values: unknown[]) =>
      pool.query(text, values).catch((error: unknown) => {
        throw toAuditError(error);
      })) as Queryable["query"],
  };

  async function event(id: string): Promise<AuditEvent | null> {
    if (!UUID.test(id)) return null;
    const { rows } = await readEvents(client, {
      where: { sql: ["id = $1"], values: [id] },
      order: "oldest_first",
      limit: 1,
    });
    return rows[0] === undefined ? null : toAuditEvent(rows[0]);
  }

  return {
    event,
    events: (filter, page = {}) => readPage(client, filter, page),
    trail: (requestId) => readTrail(client, requestId),
    async trailOf(eventId) {
      const found = await event(eventId);
      return found === null ? null : readTrail(client, found.event.gateway_request_id);
    },
    export: (filter, format) => exportEvents(client, filter, format),
    payloads: (eventId) => (UUID.test(eventId) ? readPayloads(client, eventId) : Promise.resolve([])),
    orphanedIntents: (page = {}) => readOrphans(client, page),
    countOrphanedIntents: () => countOrphans(client),
    close: () => pool.end(),
  };
}
