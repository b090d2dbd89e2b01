import type { Deliverable } from "./deliverable.ts";

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
