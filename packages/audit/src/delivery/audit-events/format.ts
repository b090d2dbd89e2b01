import type { Encoding } from "../domain/encoding.ts";
import type { DeliverableEvent } from "./deliverable-event.ts";

/** `json` is the project's own: the canonical record with its `seq`. */
export const FORMAT_NAMES = ["json", "ocsf", "ecs", "cef"] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export interface Format extends Encoding<DeliverableEvent> {
  readonly name: FormatName;
}
