/** One query at Prometheus, by its own tool. */
export function ask(query: string): string {
  return `promtool query instant "$PROM" '${query}'`;
}

export const STATUS = "npm run gateway-admin -- status";
