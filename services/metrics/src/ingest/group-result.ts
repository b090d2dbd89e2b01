import type { IngestEvent } from "../domain/ingest.ts";
import type { Insertion } from "./insert-storable.ts";

/** How each event of a request ended: new, there before, or refused by the database. In the order of the request. */
export type Written = readonly ("accepted" | "duplicate" | "refused")[];

/** What the insertion of several requests in one transaction came to. */
export interface GroupResult {
  /** Of each request, in their order. */
  readonly written: readonly Written[];
  readonly accepted: readonly IngestEvent[];
  readonly counts: Readonly<
    Record<IngestEvent["kind"], { readonly accepted: number; readonly duplicates: number }>
  >;
}

/** The first one of a key is the one that was added; all further ones in the group are duplicates. */
export function resultOf(
  requests: readonly (readonly IngestEvent[])[],
  { added, refused }: Insertion,
): GroupResult {
  const left = { activity: new Map(added.activity), score: new Map(added.score) };
  const accepted: IngestEvent[] = [];
  const counts = { activity: { accepted: 0, duplicates: 0 }, score: { accepted: 0, duplicates: 0 } };
  const written = requests.map((events) =>
    events.map((event) => {
      if (refused.has(event)) {
        return "refused" as const;
      }
      const role = left[event.kind].get(event.key);
      if (!left[event.kind].delete(event.key)) {
        counts[event.kind].duplicates += 1;
        return "duplicate" as const;
      }
      counts[event.kind].accepted += 1;
      accepted.push(event.kind === "score" ? { ...event, role: role ?? null } : event);
      return "accepted" as const;
    }),
  );
  return { written, accepted, counts };
}
