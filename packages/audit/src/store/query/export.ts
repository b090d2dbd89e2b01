import { AuditError } from "../../errors.ts";
import { CSV_HEAD, csvLine } from "./csv.ts";
import { parseFilter, toConditions, type EventFilter } from "./filter.ts";
import { EXPORT_STRIDE, readEvents, type EventRow } from "./read-events.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** `jsonl` is a line of JSON for each event, `csv` a line of RFC 4180 after a header. */
export const EXPORT_FORMATS = ["jsonl", "csv"] as const;
/** One of `EXPORT_FORMATS`. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const PAGE = 1_000;

/**
 * All events that match and were committed when the export began, oldest first, as chunks of text. It reads a page at
 * a time and no faster than it is consumed, so that neither its memory nor a transaction grows with the log.
 */
export async function* exportEvents(
  client: Queryable,
  wanted: EventFilter,
  format: ExportFormat,
): AsyncGenerator<string, void, void> {
  const filter = parseFilter(wanted);
  const line = lineOf(format);
  const where = toConditions(filter);
  const { rows: heads } = await client.query<{ next_seq: string }>("SELECT next_seq FROM gateway_audit_head");
  const head = Number(heads[0]?.next_seq ?? 0);
  if (format === "csv") {
    yield CSV_HEAD;
  }
  for (let from = 0; from < head;) {
    const to = Math.min(head, from + EXPORT_STRIDE);
    const { rows, more } = await readEvents(client, {
      where,
      order: "oldest_first",
      limit: PAGE,
      after: from - 1,
      before: to,
    });
    if (rows.length > 0) {
      yield rows.map(line).join("");
    }
    from = more ? (rows.at(-1)?.seq ?? from) + 1 : to;
  }
}

function lineOf(format: ExportFormat): (row: EventRow) => string {
  switch (format) {
    case "jsonl":
      return jsonLine;
    case "csv":
      return csvLine;
    default:
      throw new AuditError("invalid_query", `format: must be one of ${EXPORT_FORMATS.join(", ")}`, {
        field: "format",
      });
  }
}

/** The event stands there in its canonical bytes, so that its leaf hash can be checked from the line alone. */
function jsonLine({ seq, canonical, leafHash }: EventRow): string {
  return `{"seq":${seq},"leaf_hash":"${leafHash.toString("hex")}","event":${canonical.toString("utf8")}}\n`;
}
