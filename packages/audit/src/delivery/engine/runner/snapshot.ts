import type { DestinationRow, ReportedState } from "../ports/ledger.ts";
import type { Compression } from "../../domain/compression.ts";
import type { CircuitView } from "../ports/circuit-view.ts";
import type { SentFigures } from "./destination-reporter.ts";

/** How a destination stands in the replica that leads it. */
export interface RunnerSnapshot extends ReportedState {
  readonly circuit: CircuitView;
  readonly concurrency: { readonly inFlight: number; readonly limit: number; readonly max: number };
  readonly batching: {
    readonly maxEvents: number;
    readonly maxWaitMs: number;
    /** Events that wait for their batch, and those that are read and not yet written down as settled. */
    readonly waiting: number;
    readonly unsettled: number;
  };
  readonly compression: Compression;
  /** Since this replica leads. */
  readonly sent: SentFigures;
  readonly backlog: {
    readonly events: number;
    /** When the oldest of them was recorded, RFC 3339; `null` when it is not known or there is none. */
    readonly since: string | null;
  };
  readonly quarantined: number;
}

/** One word for how it is, and why it is not `running`. */
export function stateOf(circuit: CircuitView, row: DestinationRow): Pick<ReportedState, "state" | "reason"> {
  const { reason } = circuit;
  if (row.paused || !row.enabled) {
    return { state: "paused", reason };
  }
  if (circuit.cause === "configuration") {
    return { state: "configuration", reason };
  }
  if (circuit.state !== "closed") {
    return { state: "open", reason };
  }
  return circuit.failures > 0 ? { state: "retrying", reason } : { state: "running", reason: null };
}
