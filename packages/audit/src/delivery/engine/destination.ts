import type { StartPoint } from "./ports/ledger.ts";
import type { Deliverable, DeliverableEvent } from "../audit-events/deliverable-event.ts";
import type { PreparedRequest, Sink } from "../domain/sink.ts";
import type { DeliverySettings } from "./settings/settings.ts";

/** A destination, ready to be delivered to. */
export interface Destination<E extends Deliverable = DeliverableEvent> {
  readonly name: string;
  /** One that is not enabled gets nothing, and retention does not wait for it. */
  readonly enabled: boolean;
  /** Where it begins when it is new. */
  readonly start: StartPoint;
  readonly settings: DeliverySettings;
  readonly sink: Sink<PreparedRequest<E>>;
}
