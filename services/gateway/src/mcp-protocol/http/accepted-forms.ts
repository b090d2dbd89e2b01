import { parseAccept, qualityOf } from "@sark/observability/metrics";

/** The forms of a response that a client takes, by its `Accept` (RFC 9110, section 12.5.1). Without one it takes none. */
export interface AcceptedForms {
  readonly json: boolean;
  readonly events: boolean;
}

export function acceptedForms(accept: string | undefined): AcceptedForms {
  const ranges = parseAccept(accept ?? "");
  return {
    json: qualityOf(ranges, "application/json") > 0,
    events: qualityOf(ranges, "text/event-stream") > 0,
  };
}
