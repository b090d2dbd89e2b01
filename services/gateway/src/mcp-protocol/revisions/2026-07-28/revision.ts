import type { Revision } from "../../rules/revision.ts";
import { mirrors } from "./mirrors.ts";

/** Stateless: no `initialize`, no session, no stream of GET; the revision stands in each request, and headers repeat the body. */
export const REVISION_2026_07_28: Revision = {
  name: "2026-07-28",
  era: "stateless",
  batches: false,
  emptyEvents: true,
  mirrors,
};
