import type { CallCounts } from "@sark/audit/store";
import { z } from "zod";

const count = z.number().int();

/** How calls ended, as responses have it. */
export const callCounts = {
  permitted: count.describe("Calls that were let through; some may still run"),
  denied: count.describe("By policy, roles, scopes or budgets"),
  rate_limited: count,
  ok: count,
  failed: count.describe("By the tool, the protocol, the server or its silence"),
  cancelled: count,
  input_required: count.describe("Ended with a question to the client"),
  elsewhere: count.describe("Decisions for enforcement points elsewhere, and calls that these report"),
};

export function showCounts(counts: CallCounts) {
  return {
    permitted: counts.permitted,
    denied: counts.denied,
    rate_limited: counts.rateLimited,
    ok: counts.ok,
    failed: counts.failed,
    cancelled: counts.cancelled,
    input_required: counts.inputRequired,
    elsewhere: counts.elsewhere,
  };
}
