import type { DeliverableEvent } from "../event.ts";
import type { Unsendable } from "../sink.ts";
import { cutEvent } from "./cut-event.ts";

/** One event as text, ready to stand in a request. */
export interface Entry {
  readonly event: DeliverableEvent;
  readonly text: string;
  readonly bytes: number;
  readonly cut: boolean;
}

export interface EncodedEntries {
  readonly entries: readonly Entry[];
  readonly unsendable: readonly Unsendable[];
}

/** Encodes each event; one that is longer than `maxBytes` is cut, and one that cannot be encoded is named. */
export function encodeEntries(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent) => string,
  maxBytes: number,
): EncodedEntries {
  const entries: Entry[] = [];
  const unsendable: Unsendable[] = [];
  for (const event of events) {
    try {
      const entry = encodeWithin(event, encode, maxBytes);
      if (entry !== null) entries.push(entry);
      else unsendable.push({ event, reason: `larger than ${maxBytes} bytes even without its payload` });
    } catch (error) {
      unsendable.push({ event, reason: `cannot be encoded: ${String(error).slice(0, 200)}` });
    }
  }
  return { entries, unsendable };
}

function encodeWithin(
  event: DeliverableEvent,
  encode: (event: DeliverableEvent) => string,
  maxBytes: number,
): Entry | null {
  for (const excerpt of [undefined, maxBytes >> 2, 0]) {
    const text = encode(excerpt === undefined ? event : cutEvent(event, excerpt));
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes) return { event, text, bytes, cut: excerpt !== undefined };
  }
  return null;
}
