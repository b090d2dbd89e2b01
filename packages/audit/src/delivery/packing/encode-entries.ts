import { escapeControls } from "@sark/observability/lines";
import type { Deliverable } from "../domain/deliverable.ts";
import type { Encoding } from "../domain/encoding.ts";
import type { Unsendable } from "../domain/sink.ts";

/** One event as text, ready to stand in a request. */
export interface Entry<E extends Deliverable> {
  readonly event: E;
  readonly text: string;
  readonly bytes: number;
  readonly cut: boolean;
}

export interface EncodedEntries<E extends Deliverable> {
  readonly entries: readonly Entry<E>[];
  readonly unsendable: readonly Unsendable<E>[];
}

/** How an event is written, and shortened. */
export type EntryEncoding<E extends Deliverable> = Pick<Encoding<E>, "encode" | "cut">;

/** Encodes each event; one that is longer than `maxBytes` is cut, and one that cannot be encoded is named. */
export function encodeEntries<E extends Deliverable>(
  events: readonly E[],
  encoding: EntryEncoding<E>,
  maxBytes: number,
): EncodedEntries<E> {
  const entries: Entry<E>[] = [];
  const unsendable: Unsendable<E>[] = [];
  for (const event of events) {
    try {
      const entry = encodeWithin(event, encoding, maxBytes);
      if (entry !== null) {
        entries.push(entry);
      } else {
        unsendable.push({ event, reason: `larger than ${maxBytes} bytes even without its payload` });
      }
    } catch (error) {
      unsendable.push({ event, reason: `cannot be encoded: ${String(error).slice(0, 200)}` });
    }
  }
  return { entries, unsendable };
}

function encodeWithin<E extends Deliverable>(
  event: E,
  { encode, cut }: EntryEncoding<E>,
  maxBytes: number,
): Entry<E> | null {
  return (
    toEntry(event, encode(event), false, maxBytes) ??
    toEntry(event, encode(cut(event, maxBytes >> 2)), true, maxBytes) ??
    toEntry(event, encode(cut(event, 0)), true, maxBytes)
  );
}

/** `null` when the text is too long. */
function toEntry<E extends Deliverable>(
  event: E,
  encoded: string,
  cut: boolean,
  maxBytes: number,
): Entry<E> | null {
  const { text, bytes } = escapeControls(encoded);
  return bytes <= maxBytes ? { event, text, bytes, cut } : null;
}
