import type { Revision } from "../../rules/revision.ts";

/** Brought the version header and took batches away. */
export const REVISION_2025_06_18: Revision = {
  name: "2025-06-18",
  era: "session",
  batches: false,
  emptyEvents: false,
  mirrors: null,
};
