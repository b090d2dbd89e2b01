import type { Deliverable, DeliverableEvent } from "./deliverable-event.ts";

/** `json` is the project's own: the canonical record with its `seq`. */
export const FORMAT_NAMES = ["json", "ocsf", "ecs", "cef"] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** What a format says about who sends. */
export interface Producer {
  /** Version of the product. */
  readonly version: string;
  /** Name of the machine or replica. */
  readonly host: string;
}

/** Writes what is delivered as text: JSON of an object, or a line. */
export interface Encoding<E extends Deliverable> {
  /** Whether the text is a JSON object. */
  readonly structured: boolean;
  encode(event: E): string;
  /** The text of an event that is sent with another time than its own, with a mark and its `timestamp`. */
  late(text: string, timestamp: string): string;
  /** What is sent of an event that a receiver finds too large: it keeps about so many bytes, and says so. */
  cut(event: E, excerptBytes: number): E;
}

/** `late` of a JSON object that may have any field. */
export function lateObject(text: string, timestamp: string): string {
  return `{"late":true,"event_time":${JSON.stringify(timestamp)},${text.slice(1)}`;
}

/** A number that fits into a 64-bit integer, whatever a record says. */
export function wholeNumber(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.round(value));
}

export interface Format extends Encoding<DeliverableEvent> {
  readonly name: FormatName;
}
