import { mapInSlices, type LongWork } from "@sark/scheduling";
import { validate } from "@sark/observability/validation";
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
  /** Of each of the events, in the batch. */
  readonly places: readonly number[];
  readonly refused: readonly RefusedItem[];
}

/**
 * Of the reasons of one batch, in characters: they are sent back, and kept for a repetition with the same `Idempotency-Key`, where no quota
 * counts them. Ten thousand events with long keys had four million.
 */
const MAX_REASONS = 65_536;
const UNSAID = "event: refused; the reasons of the events before it are as long as one response says";

/** Each has its place and its code, whatever room there is for the reasons. */
function withinRoom(refused: readonly RefusedItem[]): readonly RefusedItem[] {
  let said = 0;
  return refused.map((item) => {
    const length = (item.field?.length ?? 0) + item.message.length;
    if (said + length > MAX_REASONS) {
      return { ...item, field: null, message: UNSAID };
    }
    said += length;
    return item;
  });
}

/** In slices, with a turn of `work` between them: a long batch of one tenant does not keep the thread from the others. */
export async function takeItems(
  items: readonly ReadItem[],
  now: number,
  bounds: TimeBounds,
  work: Pick<LongWork, "turn">,
): Promise<TakenItems> {
  const events: IngestEvent[] = [];
  const places: number[] = [];
  const refused: RefusedItem[] = [];
  const each = await mapInSlices(items, (item) => takeItem(item, now, bounds), work.turn);
  for (const [index, taken] of each.entries()) {
    if ("code" in taken) {
      refused.push({ index, ...taken });
    } else {
      events.push(taken);
      places.push(index);
    }
  }
  return { events, places, refused: withinRoom(refused) };
}

/** An event that its form allows and the database does not. */
export function unstorable(index: number): RefusedItem {
  return {
    index,
    code: "unstorable",
    field: null,
    message: "event: the database does not take a value that it has",
  };
}

/** More of a sender's keys is not sent back, nor kept: a batch may have many of them. */
const MAX_SHOWN = 300;

/** What may have a sender's keys in it, within bounds, and as every reader and PostgreSQL take it. */
function shown(text: string): string {
  const start = text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
  return start.replaceAll(/\p{C}/gu, "\ufffd");
}

function takeItem(item: ReadItem, now: number, bounds: TimeBounds): IngestEvent | Omit<RefusedItem, "index"> {
  if ("problem" in item) {
    return { code: "invalid", field: null, message: item.problem };
  }
  const checked = validate(batchItemSchema, item.value);
  if (!checked.valid) {
    const field = checked.field === null ? null : shown(checked.field);
    return { code: "invalid", field, message: `${field ?? "event"}: ${shown(checked.message)}` };
  }
  try {
    return toEvent(checked.data, now, bounds);
  } catch (error) {
    if (error instanceof EventRefused) {
      return { code: error.code, field: error.field, message: error.message };
    }
    throw error;
  }
}
