export { newEventId } from "../events/event-id.ts";
export { createLedger, type Ledger, type LedgerOptions } from "../spending/ledger.ts";
export {
  PERIODS,
  type Budget,
  type BudgetState,
  type Period,
  type Reservation,
  type Reserved,
  type Settled,
  type Settlement,
  type SpendingMark,
  type Warning,
  type WarningLevel,
} from "../spending/types.ts";
