import { series } from "../../../promql/series.ts";
import { counted, rate, share, sum } from "../../../promql/expressions.ts";

/** Of the gateway, and the replicas that the variable `instance` chooses. Other services have an audit log of that name, too. */
export const AT = { job: "sark-gateway", instance: "$instance" } as const;

const hits = sum(rate(series("sark_gateway_cache_hits_total", AT)));
const misses = sum(rate(series("sark_gateway_cache_misses_total", AT)));
export const CACHE_HIT_RATE = share(hits, `(${hits} + ${misses})`);

/** Users by what was denied to them in the last hour. */
export const TOP_DENIED_USERS = `topk(10, ${counted(
  series("sark_gateway_user_requests_total", { decision: "deny", ...AT }),
  "1h",
  "tenant",
  "user",
)} > 0)`;

export function cpu(): string {
  const user = sum(rate(series("process_cpu_user_seconds_total", AT)), "instance");
  const system = sum(rate(series("process_cpu_system_seconds_total", AT)), "instance");
  return `${user} + ${system}`;
}
