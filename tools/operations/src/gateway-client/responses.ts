/**
 * What a gateway's endpoints respond with, by the schemas that it describes them with itself. Each is loaded when a command
 * has sent its request: to build schemas takes longer than most commands.
 */
export const responses = {
  callSummary: async () => (await import("@sark/gateway/api/audit")).callSummary,
  eventPage: async () => (await import("@sark/gateway/api/audit")).eventPage,
  storedEvent: async () => (await import("@sark/gateway/api/audit")).storedEvent,
  trail: async () => (await import("@sark/gateway/api/audit")).trail,
  tools: async () => (await import("@sark/gateway/api/decisions")).toolList,
  destination: async () => (await import("@sark/gateway/api/deliveries")).destination,
  destinations: async () => (await import("@sark/gateway/api/deliveries")).destinations,
  discarded: async () => (await import("@sark/gateway/api/deliveries")).discarded,
  flushed: async () => (await import("@sark/gateway/api/deliveries")).flushed,
  flushedAll: async () => (await import("@sark/gateway/api/deliveries")).flushedAll,
  quarantined: async () => (await import("@sark/gateway/api/deliveries")).quarantinedEvent,
  quarantinePage: async () => (await import("@sark/gateway/api/deliveries")).quarantinePage,
  replaying: async () => (await import("@sark/gateway/api/deliveries")).replaying,
  drainStatus: async () => (await import("@sark/gateway/api/draining")).drainStatus,
  detailedHealth: async () => (await import("@sark/http-api/health")).detailedHealth,
  readiness: async () => (await import("@sark/http-api/health")).readiness,
  rateLimitAfterReset: async () => (await import("@sark/gateway/api/limits")).rateLimitAfterReset,
  rateLimits: async () => (await import("@sark/gateway/api/limits")).rateLimits,
  logLevels: async () => (await import("@sark/http-api/operations")).logLevels,
  policies: async () => (await import("@sark/gateway/api/policies")).policies,
  policyTest: async () => (await import("@sark/gateway/api/policies")).policyTest,
  policyValidation: async () => (await import("@sark/gateway/api/policies")).policyValidation,
  policyReplay: async () => (await import("@sark/gateway/api/policy-replay")).policyReplay,
  budgets: async () => (await import("@sark/gateway/api/quotas")).budgets,
  quotas: async () => (await import("@sark/gateway/api/quotas")).quotas,
  session: async () => (await import("@sark/gateway/api/sessions")).session,
  sessionPage: async () => (await import("@sark/gateway/api/sessions")).sessionPage,
  gatewayStatus: async () => (await import("@sark/gateway/api/status")).gatewayStatus,
  toolStats: async () => (await import("@sark/gateway/api/tools")).toolStats,
  upstreams: async () => (await import("@sark/gateway/api/upstreams")).upstreams,
  /** No body. */
  nothing: async () => (await import("./no-content.ts")).noContent,
} as const;
