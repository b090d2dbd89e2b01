/** One query at Prometheus, by its own tool. */
export function ask(query: string): string {
  return `promtool query instant "$PROM" '${query}'`;
}

export const STATUS = "npm run gateway-admin -- status";

/** Denials of the last hour, from the audit log. */
export const DENIALS = `npm run --silent audit -- export --from "$(date -u -d '-1 hour' +%FT%TZ)" | grep '"deny"' | tail -n 20`;
