import { activeTrace } from "@sark/observability/tracing";
import type { TraceIds } from "./call-span.ts";

/** The trace of what is under way, where it can be looked up later. */
export function exemplar(): TraceIds | undefined {
  const active = activeTrace();
  return active?.sampled === true ? active : undefined;
}
