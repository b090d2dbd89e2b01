/** Revisions with sessions, newest first. The two of 2024 are what SDKs may still negotiate over this transport. */
export const SESSION_REVISIONS: readonly string[] = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
  "2024-10-07",
];

/** Stateless revisions, newest first. */
export const STATELESS_REVISIONS: readonly string[] = ["2026-07-28"];

const FIRST_STATELESS = "2026-07-28";
const FIRST_WITHOUT_BATCHES = "2025-06-18";

/** Revisions are dates, so text order is time order. */
export function isStatelessRevision(version: string): boolean {
  return version >= FIRST_STATELESS;
}

/** Batches came with 2025-03-26, which has no version header, and went with 2025-06-18. */
export function allowsBatches(versionHeader: string | undefined): boolean {
  return versionHeader === undefined || versionHeader < FIRST_WITHOUT_BATCHES;
}

/** `session`: 2025-11-25 and earlier. `stateless`: 2026-07-28. */
export type Era = "session" | "stateless";
