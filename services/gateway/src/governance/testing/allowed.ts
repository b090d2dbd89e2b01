import type { Decision } from "../../domain/authorization.ts";

/** A decision of an engine that permits, with all that must not outlive the permission. */
export const ALLOWED: Decision = {
  allow: true,
  code: "allowed",
  reason: "Developers may.",
  policies: ["developers"],
  engine: "opa",
  revision: "r1",
  decisionId: null,
  filteredParameters: { account: 1 },
  cacheTtlSeconds: 5,
  cached: false,
};
