import type { Revision } from "../../rules/revision.ts";

/** Published with another HTTP transport (HTTP+SSE); servers and clients negotiate it over stdio and Streamable HTTP all the same. */
export const REVISION_2024_11_05: Revision = {
  name: "2024-11-05",
  era: "session",
  batches: true,
  emptyEvents: false,
  mirrors: null,
};
