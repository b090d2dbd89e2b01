import { createHash } from "node:crypto";
import { AuditError } from "../../errors.ts";
import type { ValidFilter } from "./filter.ts";

/** Order of a page, by position in the log. */
export type Order = "newest_first" | "oldest_first";

/** Where a page ended; bound to the filter and order it was made with. */
interface Position {
  readonly seq: number;
  readonly query: string;
}

/** An opaque token. `seq` never changes and is never given twice, so that pages neither repeat nor skip events. */
export function encodeCursor(seq: number, filter: ValidFilter, order: Order): string {
  return Buffer.from(`${seq}.${fingerprint(filter, order)}`).toString("base64url");
}

/** Throws `invalid_query` for a token that is none, or that belongs to another query. */
export function decodeCursor(cursor: string, filter: ValidFilter, order: Order): number {
  const position = parse(cursor);
  if (position === null) {
    throw new AuditError("invalid_query", "cursor: not one that this log gave out", { field: "cursor" });
  }
  if (position.query !== fingerprint(filter, order)) {
    throw new AuditError("invalid_query", "cursor: belongs to a query with another filter or order", {
      field: "cursor",
    });
  }
  return position.seq;
}

function parse(cursor: string): Position | null {
  const found = /^(\d{1,16})\.([0-9a-f]{16})$/.exec(
    cursor.length > 128 ? "" : Buffer.from(cursor, "base64url").toString("latin1"),
  );
  return found === null ? null : { seq: Number(found[1]), query: found[2] ?? "" };
}

function fingerprint(filter: ValidFilter, order: Order): string {
  const entries = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([order, entries]))
    .digest("hex")
    .slice(0, 16);
}
