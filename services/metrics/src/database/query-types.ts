/** What transactions are for, as metrics tell them apart (`query_type`). A closed list: statements never name themselves. */
export const QUERY_TYPES = [
  "ingest",
  "authenticate",
  "tenants",
  "users",
  "api_keys",
  "personal_data",
  "idempotency",
  "live_tickets",
  "kpis",
  "rollups",
  "retention",
  "webhooks",
  "health",
] as const;
export type QueryType = (typeof QUERY_TYPES)[number];
