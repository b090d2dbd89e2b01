import type { Revision } from "../../rules/revision.ts";

/** Lets servers open a stream with an event that has an id and no data, and close it for a while (SEP-1699). */
export const REVISION_2025_11_25: Revision = {
  name: "2025-11-25",
  era: "session",
  batches: false,
  emptyEvents: true,
  mirrors: null,
};
