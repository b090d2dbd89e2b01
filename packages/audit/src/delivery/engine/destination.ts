import type { StartPoint } from "./ports/leadership.ts";
import type { Deliverable } from "../domain/deliverable.ts";
import type { PreparedRequest, Sink } from "../domain/sink.ts";
import type { DeliverySettings } from "./settings/settings.ts";

/** A destination, ready to be delivered to. */
export interface Destination<E extends Deliverable> {
  readonly name: string;
  /** One that is not enabled gets nothing, and retention does not wait for it. */
  readonly enabled: boolean;
  /** Where it begins when it is new. */
  readonly start: StartPoint;
  readonly settings: DeliverySettings;
  readonly sink: Sink<PreparedRequest<E>>;
}
