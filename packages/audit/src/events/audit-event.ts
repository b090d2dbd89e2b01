import type { z } from "zod";
import type { FieldName, Fields } from "./fields.ts";

// An event has one name at each stage of its life:
//
//   AuditRecord     what a caller hands to the log; a `GatewayEvent` is one without the fields of the service
//   AcceptedEvent   the log accepted the record: the event has its id, its time and its exact text, and waits for a commit
//   AuditEvent      the event as its text says it, wherever it is read again
//   StoredEvent     the event at its place in the log: committed, with its `seq` and leaf hash
//
// The transparency log calls a stored event's text an entry and its hash a leaf. A destination gets it as a
// `DeliverableEvent`, which is then delivered or, refused for good, a `QuarantinedEvent`.

type Said<K extends FieldName> = NonNullable<z.output<Fields[K]["schema"]>>;
type InText<K extends FieldName> = Fields[K]["column"] extends "timestamptz" ? string : Said<K>;
type Known = {
  [K in FieldName]: undefined extends z.output<Fields[K]["schema"]> ? never : K;
}[FieldName];

/** An event as its canonical JSON says it: what is absent was not known. Times are RFC 3339, UTC, with microseconds. */
export type AuditEvent = {
  readonly [K in Known]: InText<K>;
} & {
  readonly [K in Exclude<FieldName, Known>]?: InText<K>;
};

/** An event of the log, at its place. */
export interface StoredEvent {
  /** Position in the log, from 0, without gaps, in commit order. */
  readonly seq: number;
  /** RFC 6962 leaf hash of the canonical bytes, in hex. */
  readonly leafHash: string;
  readonly event: AuditEvent;
}
