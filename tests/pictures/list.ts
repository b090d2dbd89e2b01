/** Part of a dashboard that the documentation shows: a file `NAME.webp`. */
export interface DashboardPicture {
  readonly name: string;
  /** Name of its file, without the ending. */
  readonly dashboard: string;
  /** Titles of the rows where it begins, and before which it ends. */
  readonly from?: string;
  readonly until?: string;
}

export const DASHBOARD_PICTURES: readonly DashboardPicture[] = [
  { name: "gateway-overview", dashboard: "gateway-overview" },
  { name: "gateway-security", dashboard: "gateway-security" },
  { name: "gateway-operations", dashboard: "gateway-operations", until: "Audit log" },
  { name: "siem-delivery", dashboard: "gateway-operations", from: "SIEM" },
  { name: "metrics-service", dashboard: "metrics-service" },
  { name: "infrastructure", dashboard: "infrastructure", until: "PostgreSQL" },
];

/** Output of a command line that the documentation shows: a file `NAME.svg`. */
export interface TerminalPicture {
  readonly name: string;
  readonly program: "gateway-admin" | "health-check" | "query-metrics" | "analyze-logs" | "audit";
  /** `ID` stands for the correlation id of a call. */
  readonly arguments: string;
}

export const TERMINAL_PICTURES: readonly TerminalPicture[] = [
  { name: "gateway-admin-status", program: "gateway-admin", arguments: "status" },
  { name: "health-check", program: "health-check", arguments: "--verbose" },
  { name: "query-metrics-tools", program: "query-metrics", arguments: "tools --last 1h" },
  { name: "analyze-logs-stats", program: "analyze-logs", arguments: "stats --last 1h" },
  { name: "analyze-logs-trace", program: "analyze-logs", arguments: "trace --request-id ID" },
  { name: "audit-verify", program: "audit", arguments: "verify --key .sark/audit-log.vkey" },
];
