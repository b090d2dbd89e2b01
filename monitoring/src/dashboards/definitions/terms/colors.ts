/** Everywhere the same: what was allowed is green, what was denied red. */
export const DECISION_COLORS = { allow: "green", deny: "red" } as const;
