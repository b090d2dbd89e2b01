import { HttpError } from "../../errors/http-errors.ts";
import { DEFAULT_LIMIT, readCursor, writeCursor } from "./schemas.ts";

export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** One page of what is ordered by its id; reads one more than it shows, to know whether there is more. */
export async function pageOf<T extends { readonly id: string }>(
  { limit = DEFAULT_LIMIT, cursor }: PageQuery,
  read: (after: string | null, limit: number) => Promise<readonly T[]>,
  isId: (id: string) => boolean = () => true,
): Promise<{ readonly entries: readonly T[]; readonly next_cursor: string | null }> {
  const after = cursor === undefined ? null : (readCursor(cursor, 1)?.[0] ?? "");
  if (after === "" || (after !== null && (after.includes("\0") || !isId(after)))) {
    throw new HttpError("invalid_request", "cursor: is none of this list", { field: "cursor" });
  }
  const found = await read(after, limit + 1);
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  return {
    entries,
    next_cursor: found.length > limit && last !== undefined ? writeCursor([last.id]) : null,
  };
}
