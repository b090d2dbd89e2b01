/** Splunk's table of HTTP Event Collector codes: HTTP status and text. */
const HEC_CODES: Readonly<Record<number, readonly [status: number, text: string]>> = {
  0: [200, "Success"],
  1: [403, "Token disabled"],
  2: [401, "Token is required"],
  3: [401, "Invalid authorization"],
  4: [403, "Invalid token"],
  5: [400, "No data"],
  6: [400, "Invalid data format"],
  7: [400, "Incorrect index"],
  8: [500, "Internal server error"],
  9: [503, "Server is busy"],
  10: [400, "Data channel is missing"],
  11: [400, "Invalid data channel"],
  12: [400, "Event field is required"],
  13: [400, "Event field cannot be blank"],
  14: [400, "ACK is disabled"],
  15: [400, "Error in handling indexed fields"],
  16: [400, "Query string authorization is not enabled"],
  17: [200, "HEC is healthy"],
  18: [503, "HEC is unhealthy, queues are full"],
  19: [503, "HEC is unhealthy, ack service unavailable"],
  20: [503, "HEC is unhealthy, queues are full, ack service unavailable"],
  23: [503, "Server is shutting down"],
  24: [200, "Queue at capacity"],
  25: [200, "ACK channel at capacity"],
  26: [429, "Queue at capacity"],
  27: [429, "ACK channel at capacity"],
  28: [400, "Invalid request for the token's configuration"],
};

export interface HecResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The response for a code; `invalidEvent` is the 0-based number of the event at fault. */
export function hecResponse(code: number, invalidEvent?: number): HecResponse {
  const entry = HEC_CODES[code];
  if (entry === undefined) {
    throw new RangeError(`HEC has no code ${code}`);
  }
  const [status, text] = entry;
  const named = invalidEvent === undefined ? {} : { "invalid-event-number": invalidEvent };
  return { status, body: { text, code, ...named } };
}
