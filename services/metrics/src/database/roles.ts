/** The roles that the migrations make. `owner` has the tables, and no one logs in as it. */
export const ROLES_OF_DATABASE = {
  owner: "metrics_owner",
  /** As which the service runs: it owns nothing, and sees the tenant of its transaction alone. */
  service: "metrics_service",
  /** Taken for one transaction, where work is for all tenants. */
  platform: "metrics_platform",
} as const;
