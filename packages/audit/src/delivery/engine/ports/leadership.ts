import type { Deliverable } from "../../domain/deliverable.ts";
import type { Ledger } from "./ledger.ts";

/** The right to write in a ledger, for as long as it lasts. */
export interface LedgerSession<E extends Deliverable> {
  readonly ledger: Ledger<E>;
  /** Makes the destination known; one that is known keeps its place. */
  register(registration: Registration): Promise<void>;
  /** Whether this session alone delivers to the destination from now on. */
  tryLead(name: string): Promise<boolean>;
  /** Aborted when the right is lost. */
  readonly lost: AbortSignal;
  close(): void;
}

/** Where a destination that is new begins. */
export type StartPoint =
  | { readonly from: "now" }
  /** At this number of the log; 0 is the beginning. */
  | { readonly from: "seq"; readonly seq: number }
  /** At the first event of this time or later. RFC 3339. */
  | { readonly from: "time"; readonly time: string };

export interface Registration {
  readonly name: string;
  readonly platform: string;
  readonly enabled: boolean;
  readonly start: StartPoint;
}
