import { defineCatalog, introduced, oneOf } from "@sark/observability/metrics";
import { BUDGET_PERIODS, PAYER_KINDS } from "../domain/quotas.ts";
import { UNITS_FAULTS } from "../quotas/contract/observer.ts";
import {
  MAX_PAYERS,
  MAX_SERVER_NAMES,
  MAX_TOOL_NAMES,
  PAYER_NAMES,
  SERVER_NAMES,
  TENANT_NAMES,
  TOOL_NAMES,
  USER_NAMES,
} from "./names.ts";

const payer = oneOf(...PAYER_KINDS);
const period = oneOf(...BUDGET_PERIODS);

/** The metrics of prices and budgets. Amounts are in `quotas.currency`; the exact ones are in the ledger. */
export const quotaCatalog = defineCatalog({
  sark_gateway_cost_total: {
    type: "counter",
    help: "What calls cost, by tenant and tool, in the currency of the configuration.",
    question: "What does a tenant, or a tool, cost?",
    unit: "1",
    labels: { tenant: introduced(TENANT_NAMES, MAX_PAYERS), tool: introduced(TOOL_NAMES, MAX_TOOL_NAMES) },
    maxSeries: 2_000,
  },
  sark_gateway_user_cost_total: {
    type: "counter",
    help: "What calls cost, by the user or agent that made them, in the currency of the configuration.",
    question: "Who spends most?",
    unit: "1",
    labels: { user: introduced(USER_NAMES, MAX_PAYERS) },
  },
  sark_gateway_quota_used_ratio: {
    type: "gauge",
    help: "Part of a budget that is used or reserved in the period that it is now: 1 is all of it.",
    question: "Whose budget is nearly used up?",
    queries: ["max by (payer, name) (sark_gateway_quota_used_ratio) > 0.8"],
    unit: "1",
    labels: { payer, name: introduced(PAYER_NAMES, MAX_PAYERS), period },
  },
  sark_gateway_quota_warnings_total: {
    type: "counter",
    help: "Warnings that a share of a budget is used, in percent.",
    question: "How often did budgets reach a share of which someone is to be warned?",
    unit: "1",
    labels: { payer, period, level: oneOf("50", "80", "100") },
  },
  sark_gateway_quota_exceeded_total: {
    type: "counter",
    help: "Calls that did not fit a budget: refused (hard), or allowed all the same (soft).",
    question: "How many calls did not fit a budget?",
    unit: "1",
    labels: { payer, period, stop: oneOf("hard", "soft") },
  },
  sark_gateway_quota_unavailable_total: {
    type: "counter",
    help: "Calls with a price whose budgets could not be looked at, by whether they were refused.",
    question: "Were calls refused, or let through uncounted, because budgets could not be read?",
    unit: "1",
    labels: { refused: oneOf("yes", "no") },
  },
  sark_gateway_quota_unreadable_units_total: {
    type: "counter",
    help: "Results whose units were not charged as they stand: no number, or no result (what was expected was charged), or too many (the most that may be was charged).",
    question: "Which results could not be priced by what they say?",
    unit: "1",
    labels: { server: introduced(SERVER_NAMES, MAX_SERVER_NAMES), reason: oneOf(...UNITS_FAULTS) },
  },
});
export type QuotaCatalog = typeof quotaCatalog;
