import type { StartPoint } from "../postgres-ledger/leader-session.ts";
import type { Sink } from "../sink.ts";
import type { DeliverySettings } from "./settings.ts";

/** A destination, ready to be delivered to. */
export interface Destination {
  readonly name: string;
  /** One that is not enabled gets nothing, and retention does not wait for it. */
  readonly enabled: boolean;
  /** Where it begins when it is new. */
  readonly start: StartPoint;
  readonly settings: DeliverySettings;
  readonly sink: Sink;
}
