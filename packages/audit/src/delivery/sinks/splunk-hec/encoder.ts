import type { SinkContext } from "../definition/sink-context.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { SplunkHecSettings } from "./config.ts";

const DAY_MS = 86_400_000;
/**
 * What Splunk itself takes for a plausible date (`MAX_DAYS_AGO`, `MAX_DAYS_HENCE`). It indexes others all the same, where
 * no search finds them, or in a bucket that is frozen at once.
 */
const PAST_MS = 2_000 * DAY_MS;
const FUTURE_MS = 2 * DAY_MS;

export function isOutsideWindow(time: number, now: number): boolean {
  return time < now - PAST_MS || time > now + FUTURE_MS;
}

/** Writes events as HEC's JSON objects. Splunk removes no duplicates: `fields.audit_id` is what to do it by. */
export function splunkHecEncoder(
  { source, sourcetype: configured, index }: SplunkHecSettings,
  { format, host, product }: Pick<SinkContext, "format" | "host" | "product">,
): (event: DeliverableEvent, now: number) => string {
  const sourcetype = configured ?? `sark:${product.kind}`;
  const known = JSON.stringify({ host, source, sourcetype, ...(index === undefined ? {} : { index }) });
  const fixed = known.slice(1, -1);
  const epochSeconds = createEpochSeconds();
  // Piece by piece, without an object made for it first: this runs for each event.
  return (event, now) => {
    const text = format.encode(event);
    const time = epochSeconds(event.timestamp);
    const late = isOutsideWindow(Number(time) * 1_000, now);
    const fields =
      `"audit_id":${JSON.stringify(event.id)},"seq":"${event.seq}",` +
      `"event_type":${JSON.stringify(event.eventType)},"decision":${JSON.stringify(event.decision)}` +
      (late ? `,"late":"true","event_time":${JSON.stringify(event.timestamp)}` : "");
    const body = format.structured ? text : JSON.stringify(text);
    return `{"time":${late ? now / 1_000 : time},${fixed},"fields":{${fields}},"event":${body}}`;
  };
}

/** Up to the seconds: `2026-11-21T18:00:00`. */
const WHOLE = 19;

/**
 * RFC 3339 to seconds with its fraction as written: a number would round microseconds or turn scientific. Remembers the
 * last second, which neighbours in the log share. Throws when it is no time.
 */
function createEpochSeconds(): (timestamp: string) => string {
  let last = "";
  let seconds = Number.NaN;
  return (timestamp) => {
    const whole = timestamp.endsWith("Z") ? timestamp.slice(0, WHOLE) : timestamp;
    if (whole !== last) {
      seconds = Math.floor(Date.parse(timestamp) / 1_000);
      last = whole;
    }
    if (Number.isNaN(seconds)) {
      throw new TypeError(`not a time: ${timestamp}`);
    }
    return `${seconds}.${/\.(\d{1,9})/.exec(timestamp)?.[1] ?? "0"}`;
  };
}
