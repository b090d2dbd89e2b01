import { FAULT_OPERATIONS, OPERATORS_ROUTES } from "@sark/gateway/metrics";
import type { Job } from "../../catalog/sources.ts";
import { series } from "../../promql/series.ts";

export const OF_CLIENTS = { not: OPERATORS_ROUTES } as const;

interface At {
  readonly job?: Job;
  readonly instance?: string;
}

/**
 * What clients asked for and ended in an error, and all of it: errors and successes. Both per second. Denials by policy are in
 * neither. That the whole is made of its parts keeps a share at 100 % or below, whatever of it never came to a decision
 * (refused credentials, requests that cannot be read) and however many errors one request has (a batch).
 */
export function errorsOfClients(
  window: string,
  at: At = {},
): { readonly errors: string; readonly asked: string } {
  const perSecond = (selector: string) => `sum(rate(${selector}[${window}]))`;
  const errors = perSecond(
    series("sark_gateway_client_errors_total", {
      error_type: { not: ["-32010"] },
      operation: { not: [...OPERATORS_ROUTES, ...FAULT_OPERATIONS] },
      ...at,
    }),
  );
  const calls = perSecond(
    series("sark_gateway_calls_total", { outcome: ["ok", "input_required", "cancelled"], ...at }),
  );
  const others = perSecond(
    series("sark_gateway_requests_total", {
      operation: { not: [...OPERATORS_ROUTES, "mcp"] },
      status: { pattern: "[23].." },
      ...at,
    }),
  );
  return { errors, asked: `(${errors} + (${calls} or vector(0)) + (${others} or vector(0)))` };
}
