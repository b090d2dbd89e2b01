import type { DeliverableEvent } from "../../event.ts";
import type { Format } from "../../formats/format.ts";
import type { SplunkHecSettings } from "./config.ts";

/** Writes events as HEC's JSON objects. Splunk removes no duplicates: `fields.audit_id` is what to do it by. */
export function splunkHecEncoder(
  { source, sourcetype, index }: SplunkHecSettings,
  format: Format,
  host: string,
): (event: DeliverableEvent) => string {
  const fixed = JSON.stringify({ host, source, sourcetype, ...(index === undefined ? {} : { index }) });
  return (event) => {
    const text = format.encode(event);
    const fields = {
      audit_id: event.id,
      seq: String(event.seq),
      event_type: event.eventType,
      decision: event.decision,
    };
    const body = format.structured ? text : JSON.stringify(text);
    return `{"time":${epochSeconds(event.timestamp)},${fixed.slice(1, -1)},"fields":${JSON.stringify(fields)},"event":${body}}`;
  };
}

/** RFC 3339 to seconds with its fraction as written: a number would round microseconds or turn scientific. */
function epochSeconds(timestamp: string): string {
  const seconds = Math.floor(Date.parse(timestamp) / 1_000);
  const fraction = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? "0";
  return `${seconds}.${fraction}`;
}
