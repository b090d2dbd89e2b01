/** Read what is on record. */
export const READERS = ["auditor", "admin"] as const;
/** See how the gateway stands, which tells nothing of what is on record. */
export const OBSERVERS = ["operator", "auditor", "admin"] as const;
/** Keep the gateway going: what they change loses nothing, and is changed back. */
export const OPERATORS = ["operator", "admin"] as const;
/** Erase, and give up what was to be delivered. */
export const ADMINS = ["admin"] as const;
/** Enforce elsewhere, and report and ask on behalf of others. */
export const ENFORCERS = ["gateway", "admin"] as const;
/** Call servers and agents, and ask what they may call. */
export const CALLERS = ["user", "agent", "gateway", "admin"] as const;
