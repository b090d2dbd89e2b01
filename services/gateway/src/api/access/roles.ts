/** Roles that endpoints know; those of tokens and keys may be others, which policies look at. */
export const ROLES = ["admin", "auditor", "metrics", "gateway"] as const;
export type Role = (typeof ROLES)[number];

/** Read what is on record. */
export const READERS = ["auditor", "admin"] as const;
/** Change how the gateway works. */
export const ADMINS = ["admin"] as const;
/** Enforce elsewhere, and report and ask on behalf of others. */
export const ENFORCERS = ["gateway", "admin"] as const;
