import { newEventId, type BudgetState, type Warning, type WarningLevel } from "@sark/audit/spending";
import type { CallResult } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { Allowance, BudgetShown, PayerKind, PricedCall, Quotas } from "../domain/quotas.ts";
import { createAccounts, toBudget, type Account } from "./accounts.ts";
import { createBudgetBook, payerOf, type BudgetRule, type PayerBudget } from "./budget-book.ts";
import type { SpendingLedger } from "./contract/ledger.ts";
import type { QuotaObserver, UnitsFault } from "./contract/observer.ts";
import { ONE, parseAmount } from "./money.ts";
import { createPriceBook, type Price, type PriceRule, type UnitsNote } from "./price-book.ts";
import { showBudget, showWarned, usedShare } from "./show-budget.ts";

/** Whose budgets an operator asks about. */
export interface PayerSelector {
  readonly kind: PayerKind;
  readonly name: string;
  readonly tenant: string | null;
}

export interface QuotaKeeper extends Quotas {
  /** Records the warnings of which there is no event yet, and tells the observer how the budgets stand that were used last. Rejects with the ledger's `AuditError`. */
  refresh(): Promise<void>;
  /** Budgets of a payer, as they stand. Rejects with the ledger's `AuditError`. */
  states(payer: PayerSelector): Promise<readonly BudgetShown[]>;
  /** Adds this amount to what is used (a text that may begin with `-`), or makes it nothing (`"reset"`). */
  adjust(
    payer: PayerSelector,
    period: BudgetShown["period"] | null,
    by: string,
  ): Promise<readonly BudgetShown[]>;
}

export interface QuotaOptions {
  readonly currency: string;
  readonly prices: readonly PriceRule[];
  readonly budgets: readonly BudgetRule[];
  readonly ledger: SpendingLedger;
  readonly observer: QuotaObserver;
  /** Resolves once the event of a warning is committed, which has this id; rejects where it is to be tried again. */
  recordWarning(warning: RaisedWarning): Promise<void>;
}

export interface RaisedWarning {
  readonly id: string;
  readonly budget: BudgetShown;
  readonly level: WarningLevel;
}

/** What the ledger holds for a call that is allowed. */
interface Held {
  readonly id: string;
  /** `row`: a reservation of its own; else a part of leases, taken at this time of the database's clock. */
  readonly from: "row" | "nothing" | { readonly drawnAt: number };
  /** Whether a soft budget had no room for it. */
  readonly exceeded: boolean;
}

/** What a call costs that its server never saw. */
const NOTHING = { amount: 0n, units: null } as const;

/** As many as metrics tell apart. */
const MAX_WATCHED = 200;

/** Prices of calls and what may be spent on them. */
export function createQuotas(options: QuotaOptions): QuotaKeeper {
  const { currency, ledger, observer } = options;
  const prices = createPriceBook(options.prices);
  const book = createBudgetBook(options.budgets);
  const accounts = createAccounts(book);

  /** Looked up by what the ledger gives back. */
  function shownOf(budgets: readonly PayerBudget[], state: BudgetState): BudgetShown {
    const own = budgets.find(
      ({ payer, period }) => payer.key === state.budget.payer && period === state.budget.period,
    );
    if (own === undefined) {
      throw new Error("the ledger responds with a budget that it was not asked about");
    }
    return showBudget(own, state);
  }

  /** They stand in the ledger: what cannot be recorded now is tried again with `refresh`, by any replica. */
  function warn(warnings: readonly Warning[]): void {
    if (warnings.length > 0) {
      recordWarnings().catch(() => undefined);
    }
  }

  function recordWarnings(): Promise<void> {
    return ledger.recordWarnings(async ({ id, level, state }) => {
      const budget = showWarned(state);
      await options.recordWarning({ id, budget, level });
      observer.warned(budget, level);
    });
  }

  /** Budgets that were used last, whose state is looked at again when nothing changes it: their period may end. */
  const watched = new Map<string, PayerBudget>();

  /** Of calls that end at the same time, one says how budgets stand. */
  function watch(budgets: readonly PayerBudget[], states: readonly BudgetState[]): void {
    if (states.length === 0) {
      return;
    }
    for (const budget of budgets) {
      const key = `${budget.period} ${budget.payer.key}`;
      watched.delete(key);
      watched.set(key, budget);
    }
    for (const key of watched.keys()) {
      if (watched.size <= MAX_WATCHED) {
        break;
      }
      watched.delete(key);
    }
    for (const state of states) {
      const shown = shownOf(budgets, state);
      observer.stands(shown, usedShare(state));
    }
  }

  async function reserve(call: PricedCall, price: Price): Promise<Allowance> {
    const account = accounts.of(call);
    const { payers, budgets, inLedger, hasHardBudget } = account;
    const id = newEventId();
    try {
      const { expected: amount, most } = price;
      const reserved = await ledger.reserve({ id, payers, amount, most, budgets: inLedger });
      warn(reserved.warnings);
      if (!reserved.allowed) {
        const budget = shownOf(budgets, reserved.budget);
        observer.exceeded(call, budget);
        return { kind: "exceeded", budget, currency };
      }
      const { drawnAt, states: stand, exceeded } = reserved;
      watch(budgets, stand);
      for (const state of exceeded) {
        observer.exceeded(call, shownOf(budgets, state));
      }
      const from = drawnAt === undefined ? ("row" as const) : { drawnAt };
      return allowed(call, price, account, { id, from, exceeded: exceeded.length > 0 });
    } catch (error) {
      observer.unavailable(call, hasHardBudget, error);
      // Without a hard budget it is charged when the ledger can be asked again, by the record of its end.
      return hasHardBudget
        ? { kind: "unavailable" }
        : allowed(call, price, account, { id, from: "nothing", exceeded: false });
    }
  }

  function allowed(
    call: PricedCall,
    price: Price,
    { payers, inLedger, budgets }: Account,
    { id, from, exceeded }: Held,
  ): Allowance {
    const reserved = from === "nothing" ? 0n : price.expected;
    const drawn = typeof from === "object" ? { at: from.drawnAt } : {};
    /** Where the ledger does not take it, the record of the call says the same, and is found there. */
    function charge(amount: bigint, late: object = {}): void {
      ledger.settle({ id, amount, budgets: inLedger, ...late }).then(
        ({ states: stand, warnings }) => {
          warn(warnings);
          watch(budgets, stand);
        },
        () => undefined,
      );
    }

    return {
      kind: "allowed",
      release() {
        if (from !== "nothing") {
          charge(0n);
        }
      },
      marks: {
        spending: {
          id,
          reserved: String(reserved),
          // There is no row that says so.
          ...(typeof from === "object" ? { payers: [...payers], ...drawn } : {}),
        },
        ...(exceeded ? { budget: "exceeded" } : {}),
        ...(from === "nothing" ? { budget: "not_asked" } : {}),
      },
      settle({ outcome, result, unsent }: CallResult, committed: boolean): JsonObject {
        const { amount, units } = unsent === true ? NOTHING : price.cost(outcome, result);
        if (isFault(units, outcome)) {
          observer.unreadableUnits(call, units);
        }
        if (amount > 0n) {
          observer.charged(call, Number(amount) / Number(ONE));
        }
        // A database that fails before the intent is committed may lose what was reserved.
        const isSure = from !== "nothing" && committed;
        charge(amount, isSure ? {} : { unreserved: { payers, at: drawn.at ?? Date.now() } });
        const spending = { id, amount: String(amount) };
        return {
          spending: isSure ? spending : { ...spending, payers: [...payers], ...drawn },
          ...(units === null ? {} : { units }),
        };
      },
    };
  }

  async function states(selector: PayerSelector): Promise<readonly BudgetShown[]> {
    const budgets = book.of(payerOf(selector.kind, selector.name, selector.tenant));
    const found = budgets.length === 0 ? [] : await ledger.states(budgets.map(toBudget));
    return found.map((state) => shownOf(budgets, state));
  }

  return {
    async refresh() {
      await recordWarnings();
      const budgets = [...watched.values()];
      if (budgets.length > 0) {
        watch(budgets, await ledger.states(budgets.map(toBudget)));
      }
    },
    reserve(call) {
      const price = prices.find(call.server, call.tool);
      return price === null ? { kind: "free" } : reserve(call, price);
    },
    states,
    async adjust(selector, period, by) {
      const budgets = book.of(payerOf(selector.kind, selector.name, selector.tenant));
      const amount = by === "reset" ? by : signedAmount(by);
      for (const budget of budgets) {
        if (period === null || budget.period === period) {
          await ledger.adjust(toBudget(budget), amount);
        }
      }
      return states(selector);
    },
  };
}

/** A result that says no units has none, and where there is no result, none can say any. */
function isFault(units: UnitsNote | null, outcome: CallResult["outcome"]): units is UnitsFault {
  const ended = outcome === "ok" || outcome === "tool_error";
  return units === "unreadable" || units === "too_many" || (units === "no_result" && ended);
}

function signedAmount(text: string): bigint {
  return text.startsWith("-") ? -parseAmount(text.slice(1)) : parseAmount(text);
}
