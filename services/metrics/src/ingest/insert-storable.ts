import { inPartOfTransaction } from "@sark/audit/postgres";
import type { Queryable } from "../database/database.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents, type Added } from "./insert-events.ts";

/** What became of the events of a transaction. */
export interface Insertion {
  readonly added: Added;
  /** Those that the database refuses. */
  readonly refused: ReadonlySet<IngestEvent>;
}

/** Whether PostgreSQL refused what stands in the rows (SQLSTATE classes 22 and 23), so that others may be taken. */
export function isAboutData(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" && /^2[23][0-9A-Z]{3}$/.test(code);
}

/**
 * As `insertEvents`, where the database was seen to refuse one of the events: finds which, by halves, and inserts the others. The form of
 * events refuses all that is known to be refused here, so that this is slow and rare.
 */
export async function insertStorable(
  tx: Queryable,
  tenant: string,
  events: readonly IngestEvent[],
): Promise<Insertion> {
  const insertion = {
    added: { activity: new Map<string, string | null>(), score: new Map<string, string | null>() },
    refused: new Set<IngestEvent>(),
  };

  async function insert(some: readonly IngestEvent[]): Promise<void> {
    try {
      const { activity, score } = await inPartOfTransaction(tx, () => insertEvents(tx, tenant, some));
      activity.forEach((role, key) => insertion.added.activity.set(key, role));
      score.forEach((role, key) => insertion.added.score.set(key, role));
    } catch (error) {
      if (!isAboutData(error)) {
        throw error;
      }
      const [one, ...others] = some;
      if (one !== undefined && others.length === 0) {
        insertion.refused.add(one);
        return;
      }
      const half = Math.ceil(some.length / 2);
      await insert(some.slice(0, half));
      await insert(some.slice(half));
    }
  }

  // As of all who insert: of one kind after the other, in the order of keys.
  const inOrder = events.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  await insert(inOrder);
  return insertion;
}

function orderOf({ kind, key }: IngestEvent): string {
  return `${kind} ${key}`;
}
