import { activeTrace } from "@sark/observability/tracing";
import type { TraceIds } from "./call-span.ts";

/** The span in force, where its trace is sampled: for those who show it elsewhere. */
export function sampledSpan(): TraceIds | undefined {
  const active = activeTrace();
  return active?.sampled === true ? active : undefined;
}
