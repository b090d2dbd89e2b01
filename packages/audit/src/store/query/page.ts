import { AuditError } from "../../errors.ts";
import type { StoredEvent } from "../../events/audit-event.ts";
import { decodeCursor, encodeCursor, type Order } from "./cursor.ts";
import { parseFilter, toConditions, type EventFilter } from "./filter.ts";
import { readEvents, toStoredEvent } from "./read-events.ts";
import type { Queryable } from "../../postgres/queryable.ts";

export const MAX_PAGE = 1_000;

/** Size, order and beginning of a page. */
export interface PageOptions {
  /** Events on the page, 1 to 1,000. Default 100. Large events make a page shorter. */
  readonly limit?: number;
  /** `nextCursor` of the page before, asked for with the same filter and order. */
  readonly cursor?: string;
  /** By position in the log. Default `newest_first`. */
  readonly order?: Order;
}

/** One page of events. */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** For the next page; `null` at the end. */
  readonly nextCursor: string | null;
}

/** One page of events. Events that are recorded meanwhile neither shift nor repeat what later pages show. */
export async function readPage(
  client: Queryable,
  wanted: EventFilter,
  options: PageOptions,
): Promise<EventPage> {
  const { order = "newest_first", limit = 100, cursor } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new AuditError("invalid_query", `limit: must be a whole number from 1 to ${MAX_PAGE}`, {
      field: "limit",
    });
  }
  if (order !== "newest_first" && order !== "oldest_first") {
    throw new AuditError("invalid_query", "order: must be newest_first or oldest_first", { field: "order" });
  }
  const filter = parseFilter(wanted);
  const from = cursor === undefined ? undefined : decodeCursor(cursor, filter, order);
  const { rows, more } = await readEvents(client, {
    where: toConditions(filter),
    order,
    limit,
    ...(order === "newest_first" ? { before: from } : { after: from }),
  });
  const last = rows.at(-1);
  return {
    events: rows.map(toStoredEvent),
    nextCursor: more && last !== undefined ? encodeCursor(last.seq, filter, order) : null,
  };
}
