import type { Deliverable } from "../../domain/deliverable.ts";
import type { Ledger, ReportedState } from "../ports/ledger.ts";

/** Writes a destination's state down when it changed, for those who ask from elsewhere. */
export function createStateReporter(
  name: string,
  ledger: Pick<Ledger<Deliverable>, "reportState">,
  failed: (error: unknown) => void,
): (state: ReportedState) => void {
  let written: string | undefined;
  return (state) => {
    const text = JSON.stringify(state);
    if (text === written) {
      return;
    }
    written = text;
    ledger.reportState(name, state).catch((error: unknown) => {
      written = undefined;
      failed(error);
    });
  };
}
