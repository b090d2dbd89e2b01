import type pg from "pg";
import { toDeliverableEvent, type DeliverableEvent } from "../audit-events/deliverable-event.ts";
import type { Feed } from "../engine/ports/feed.ts";

/** A text is only fetched when it is among the first bytes: a page of large events is cut in the database. */
const PAGE = `
  SELECT seq, id, canonical
  FROM (
    SELECT seq, id, canonical,
           sum(octet_length(canonical)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS total,
           row_number() OVER (ORDER BY seq) AS position
    FROM (SELECT seq, id, canonical FROM gateway_audit_events WHERE seq >= $1 ORDER BY seq LIMIT $2) AS page
  ) AS sized
  WHERE total <= $3 OR position = 1`;

/** One row with all of them is read in a third of the time of as many rows. Canonical JSON has no line breaks. */
const READ_JOINED = `
  SELECT string_agg(seq::text, ',' ORDER BY seq) AS seqs, string_agg(id::text, ',' ORDER BY seq) AS ids,
         string_agg(convert_from(canonical, 'UTF8'), E'\\n' ORDER BY seq) AS texts
  FROM (${PAGE}) AS page`;

const READ_ROWS = `${PAGE} ORDER BY seq`;

/** SQLSTATE of bytes that are no UTF-8. */
const NOT_UTF8 = "22021";

/** Reads the log from PostgreSQL: what is committed at one moment, which the numbering keeps free of holes. */
export function createPostgresFeed(pool: pg.Pool): Feed<DeliverableEvent> {
  /** `null` when the texts are not what the store writes, so that they cannot be told apart. */
  async function readJoined(values: readonly number[]): Promise<DeliverableEvent[] | null> {
    const { rows } = await pool.query<{ seqs: string | null; ids: string | null; texts: string | null }>({
      name: "audit-delivery-feed",
      text: READ_JOINED,
      values: [...values],
    });
    const [page] = rows;
    if (page === undefined || page.seqs === null || page.ids === null || page.texts === null) {
      return [];
    }
    const [seqs, ids, texts] = [page.seqs.split(","), page.ids.split(","), page.texts.split("\n")];
    if (texts.length !== seqs.length) {
      return null;
    }
    return texts.map((text, at) => toDeliverableEvent(Number(seqs[at]), ids[at] ?? "", text));
  }

  /** Whatever stands there: a record that was tampered with must not stop those after it. */
  async function readRows(values: readonly number[]): Promise<DeliverableEvent[]> {
    const { rows } = await pool.query<{ seq: string; id: string; canonical: Buffer }>({
      name: "audit-delivery-feed-rows",
      text: READ_ROWS,
      values: [...values],
    });
    return rows.map(({ seq, id, canonical }) =>
      toDeliverableEvent(Number(seq), id, canonical.toString("utf8")),
    );
  }

  return {
    async readFeed(fromSeq, limit, maxBytes) {
      const values = [fromSeq, limit, maxBytes];
      try {
        return (await readJoined(values)) ?? (await readRows(values));
      } catch (error) {
        if ((error as { code?: unknown }).code !== NOT_UTF8) {
          throw error;
        }
        return readRows(values);
      }
    },
  };
}
