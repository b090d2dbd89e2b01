import type { AuditEvent } from "../../events/audit-event.ts";
import { parseJson } from "../../json/parse-json.ts";
import type { Deliverable } from "../domain/deliverable.ts";
import { findMetadata } from "./metadata-text.ts";

/** One audit event on its way to a destination. */
export interface DeliverableEvent extends Deliverable {
  /** The exact JSON (RFC 8785) that the transparency log proves. */
  readonly canonical: string;
  /** The same, parsed anew each time. Throws a `SyntaxError` when the text was tampered with. */
  readonly record: AuditEvent;
  /** Fields of it that every destination needs, as is `timestamp`: found without parsing the rest. */
  readonly eventType: string;
  readonly decision: string;
  /** JSON of the record's `metadata` as it stands in `canonical`: numbers keep their digits. */
  readonly metadataText: string;
  /** Its payload was left out for a receiver's limits: what `metadata` say is ours. */
  readonly shortened: boolean;
}

/** A class, so that the many events under way share their getters. */
class LazyEvent implements DeliverableEvent {
  readonly seq: number;
  readonly id: string;
  readonly canonical: string;
  readonly shortened: boolean;

  constructor(seq: number, id: string, canonical: string, shortened: boolean) {
    this.seq = seq;
    this.id = id;
    this.canonical = canonical;
    this.shortened = shortened;
  }

  get record(): AuditEvent {
    return parseJson(this.canonical, "any") as AuditEvent;
  }

  // Keys are sorted (RFC 8785). Before these two, and after `timestamp`, there are only plain values, and within a
  // string every quote is escaped: the first or the last match is the record's own.
  get eventType(): string {
    return textAfter(this.canonical, this.canonical.indexOf('"event_type":"'), 14) ?? this.record.event_type;
  }

  get decision(): string {
    return textAfter(this.canonical, this.canonical.indexOf('"decision":"'), 12) ?? this.record.decision;
  }

  get timestamp(): string {
    return (
      textAfter(this.canonical, this.canonical.lastIndexOf('"timestamp":"'), 13) ?? this.record.timestamp
    );
  }

  get metadataText(): string {
    const span = findMetadata(this.canonical);
    return span === null ? "{}" : this.canonical.slice(span.start, span.end);
  }

  get recordedAt(): string {
    return this.record.created_at;
  }

  get time(): number {
    return Date.parse(this.timestamp);
  }

  get size(): number {
    return this.canonical.length;
  }
}

export function toDeliverableEvent(
  seq: number,
  id: string,
  canonical: string,
  shortened = false,
): DeliverableEvent {
  return new LazyEvent(seq, id, canonical, shortened);
}

const PLAIN = /^[\w.:+-]+$/;

function textAfter(text: string, at: number, length: number): string | undefined {
  if (at === -1) {
    return undefined;
  }
  const found = text.slice(at + length, text.indexOf('"', at + length));
  return PLAIN.test(found) ? found : undefined;
}
