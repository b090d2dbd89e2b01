import type { Revision } from "../../rules/revision.ts";

/** Brought Streamable HTTP and said that batches are part of it. It has no version header. */
export const REVISION_2025_03_26: Revision = {
  name: "2025-03-26",
  era: "session",
  batches: true,
  emptyEvents: false,
  mirrors: null,
};
