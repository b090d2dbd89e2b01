import { parseAccept, qualityOf } from "@sark/observability/metrics";

/** The forms of a response that a client takes, by its `Accept` (RFC 9110, section 12.5.1). Without one it takes none. */
export interface AcceptedForms {
  readonly json: boolean;
  readonly events: boolean;
}

/** Clients write one and the same header into all of their requests: what the last few said is remembered. */
const MAX_REMEMBERED = 64;
/** Longer ones are read anew each time. */
const MAX_LENGTH = 256;
const remembered = new Map<string, AcceptedForms>();

export function acceptedForms(accept = ""): AcceptedForms {
  const known = remembered.get(accept);
  if (known !== undefined) {
    return known;
  }
  const ranges = parseAccept(accept);
  const forms = Object.freeze({
    json: qualityOf(ranges, "application/json") > 0,
    events: qualityOf(ranges, "text/event-stream") > 0,
  });
  if (accept.length <= MAX_LENGTH) {
    const [oldest] = remembered.size >= MAX_REMEMBERED ? remembered.keys() : [];
    if (oldest !== undefined) {
      remembered.delete(oldest);
    }
    remembered.set(accept, forms);
  }
  return forms;
}
