import type { AuditLog } from "@sark/audit";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { BudgetPeriod, BudgetShown, PayerKind } from "../../domain/quotas.ts";
import { LIMIT_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, concerns, tenantScope } from "../access/tenant-scope.ts";
import { namesNoPayer, type PayerSelector, type QuotaAdjust, type QuotaReset } from "./parameters.ts";
import { showBudget, showPrice, showRule } from "./presentation.ts";
import type { Budgets, QuotasShown } from "./responses.ts";

/** Whose budgets are asked about. */
interface Payer {
  readonly kind: PayerKind;
  readonly name: string;
  readonly tenant: string | null;
}

/** The budgets that the endpoints show and change. */
interface Budgeting {
  states(payer: Payer): Promise<readonly BudgetShown[]>;
  adjust(payer: Payer, period: BudgetPeriod | null, by: string): Promise<readonly BudgetShown[]>;
}

export type QuotasApi = ReturnType<typeof createQuotasApi>;

/** `/admin/v1/quotas`: what calls cost, how budgets stand, and changing what of them is used. */
export function createQuotasApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly quotas: Budgeting;
  readonly configured: {
    readonly currency: string;
    readonly prices: readonly Parameters<typeof showPrice>[0][];
    readonly budgets: readonly Parameters<typeof showRule>[0][];
  };
}) {
  const { quotas } = deps;
  const { currency, prices, budgets: rules } = deps.configured;
  const changes = createAccessRecords(deps.audit, {
    eventType: LIMIT_CONTROL,
    permitted: "changes a budget",
    denied: "may not change budgets",
  });

  async function change(
    act: Act,
    selector: PayerSelector & { readonly period?: BudgetPeriod | undefined },
    by: string,
    caller: Caller,
  ): Promise<Budgets> {
    await changes.permitted(caller, act, beyond(selector, caller));
    const payer = payerOf(selector, caller);
    const shown = await quotas.adjust(payer, selector.period ?? null, by);
    if (shown.length === 0) {
      throw new HttpError("not_found", `The ${payer.kind} "${payer.name}" has no budget.`);
    }
    return { currency, budgets: shown.map(showBudget) };
  }

  return {
    /** Where denied requests go on record. */
    denied: changes.denied,

    /** Leaves no record: it holds no events. */
    async quotas(selector: PayerSelector, caller: Caller): Promise<QuotasShown> {
      const configured = {
        currency,
        prices: prices.map(showPrice),
        rules: rules.filter(concerns(caller.principal)).map(showRule),
      };
      if (namesNoPayer(selector)) {
        return { ...configured, budgets: [] };
      }
      const denial = beyond(selector, caller);
      if (denial !== undefined) {
        await changes.permitted(caller, { operation: "quotas", asked: given(selector) }, denial);
      }
      return { ...configured, budgets: (await quotas.states(payerOf(selector, caller))).map(showBudget) };
    },

    reset: (body: QuotaReset, caller: Caller) => change(resetOf(body), body, "reset", caller),
    adjust: (body: QuotaAdjust, caller: Caller) => change(adjustmentOf(body), body, body.amount, caller),
  };
}

/** As it goes on record. */
export function resetOf(body: QuotaReset): Act {
  return { operation: "quota_reset", asked: given(body) };
}

export function adjustmentOf(body: QuotaAdjust): Act {
  return { operation: "quota_adjust", asked: given(body) };
}

function given(body: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function payerOf({ user, agent, tenant }: PayerSelector, caller: Caller): Payer {
  const within = tenant ?? tenantScope(caller.principal);
  if (user !== undefined) {
    return { kind: "user", name: user, tenant: within };
  }
  return agent === undefined
    ? { kind: "tenant", name: tenant ?? "", tenant: null }
    : { kind: "agent", name: agent, tenant: within };
}

function beyond({ tenant }: PayerSelector, caller: Caller): HttpError | undefined {
  const scope = tenantScope(caller.principal);
  return scope === null || tenant === undefined || tenant === scope
    ? undefined
    : beyondTenant(`tenant: the tenant "${tenant}"`, "tenant");
}
