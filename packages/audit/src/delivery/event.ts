import type { EventRecord } from "../events/event-record.ts";

/** One event on its way to a destination. */
export interface DeliverableEvent {
  /** Position in the log, from 0, without gaps. */
  readonly seq: number;
  readonly id: string;
  /** The exact JSON (RFC 8785) that the transparency log proves. */
  readonly canonical: string;
  /** The same, parsed when first asked for. Throws a `SyntaxError` when the text was tampered with. */
  readonly record: EventRecord;
  /** Of the event itself, in milliseconds since the epoch. */
  readonly time: number;
  /** Bytes of `canonical`, for bounds on memory. */
  readonly bytes: number;
}

export function toDeliverableEvent(seq: number, id: string, canonical: string): DeliverableEvent {
  let parsed: EventRecord | undefined;
  return {
    seq,
    id,
    canonical,
    get record() {
      return (parsed ??= JSON.parse(canonical) as EventRecord);
    },
    get time() {
      return Date.parse(this.record.timestamp);
    },
    bytes: Buffer.byteLength(canonical),
  };
}
