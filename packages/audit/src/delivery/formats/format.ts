import type { DeliverableEvent } from "../event.ts";

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

/** Writes one event as text: JSON of an object, or a line. */
export interface Format {
  readonly name: FormatName;
  /** Whether the text is a JSON object. */
  readonly structured: boolean;
  encode(event: DeliverableEvent): string;
}
