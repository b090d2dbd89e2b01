import type pg from "pg";
import { toDeliverableEvent } from "../event.ts";
import type { Feed } from "../feed.ts";

/** A text is only fetched when it is among the first bytes: a page of large events is cut in the database. */
const READ = `
  SELECT seq, id, convert_from(canonical, 'UTF8') AS canonical
  FROM (
    SELECT seq, id, canonical,
           sum(octet_length(canonical)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS total,
           row_number() OVER (ORDER BY seq) AS position
    FROM (SELECT seq, id, canonical FROM gateway_audit_events WHERE seq >= $1 ORDER BY seq LIMIT $2) AS page
  ) AS sized
  WHERE total <= $3 OR position = 1
  ORDER BY seq`;

/** Reads the log from PostgreSQL: what is committed at one moment, which the numbering keeps free of holes. */
export function createPostgresFeed(pool: pg.Pool): Feed {
  return {
    async readFeed(fromSeq, limit, maxBytes) {
      const { rows } = await pool.query<{ seq: string; id: string; canonical: string }>({
        name: "audit-delivery-feed",
        text: READ,
        values: [fromSeq, limit, maxBytes],
      });
      return rows.map(({ seq, id, canonical }) => toDeliverableEvent(Number(seq), id, canonical));
    },
  };
}
