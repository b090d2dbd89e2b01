import type { z } from "zod";
import type { IngestEvent } from "../domain/ingest.ts";
import { batchItemSchema } from "./event-schemas.ts";
import type { EventRefusal } from "./observer.ts";
import type { ReadItem } from "./read-items.ts";
import { EventRefused, toEvent, type TimeBounds } from "./to-event.ts";

/** One event of a batch that is not taken. */
export interface RefusedItem {
  /** Place in the batch, from 0. */
  readonly index: number;
  readonly code: EventRefusal;
  readonly field: string | null;
  readonly message: string;
}

/** The events of a batch, and what is wrong with the others. */
export interface TakenItems {
  readonly events: readonly IngestEvent[];
  readonly refused: readonly RefusedItem[];
}

export function takeItems(items: readonly ReadItem[], now: number, bounds: TimeBounds): TakenItems {
  const events: IngestEvent[] = [];
  const refused: RefusedItem[] = [];
  for (const [index, item] of items.entries()) {
    const taken = takeItem(item, now, bounds);
    if ("code" in taken) {
      refused.push({ index, ...taken });
    } else {
      events.push(taken);
    }
  }
  return { events, refused };
}

function takeItem(item: ReadItem, now: number, bounds: TimeBounds): IngestEvent | Omit<RefusedItem, "index"> {
  if ("problem" in item) {
    return { code: "invalid", field: null, message: item.problem };
  }
  const parsed = batchItemSchema.safeParse(item.value);
  if (!parsed.success) {
    return { code: "invalid", ...firstProblem(parsed.error) };
  }
  try {
    return toEvent(parsed.data, now, bounds);
  } catch (error) {
    if (error instanceof EventRefused) {
      return { code: error.code, field: error.field, message: error.message };
    }
    throw error;
  }
}

function firstProblem({ issues }: z.ZodError): { readonly field: string | null; readonly message: string } {
  const [issue] = issues;
  const path =
    issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  const field = path.map(String).join(".") || null;
  return { field, message: `${field ?? "event"}: ${issue?.message ?? "not valid"}` };
}
