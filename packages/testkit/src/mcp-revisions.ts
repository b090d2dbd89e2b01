/** Revisions of MCP with sessions that test servers and test clients speak, by their own word: newest first. */
export const PEER_SESSION_REVISIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;
export const [PEER_SESSION_REVISION] = PEER_SESSION_REVISIONS;
/** The stateless one. */
export const PEER_STATELESS_REVISION = "2026-07-28";
