import type { SinkContext } from "../definition/sink-context.ts";
import { severityOf, type Severity } from "../../formats/fields/severity.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { sentenceOf } from "../../formats/fields/sentence.ts";
import type { DatadogSettings } from "./config.ts";

const HOUR_MS = 3_600_000;
/** Accepted are −18 h … +2 h; the margin is for the way and for clocks. */
const PAST_MS = 18 * HOUR_MS - 600_000;
const FUTURE_MS = 2 * HOUR_MS - 600_000;

const STATUS: Readonly<Record<Severity, string>> = {
  critical_denial: "warn",
  denial: "warn",
  failure: "error",
  normal: "info",
};

/** Whether Datadog would drop an event of this time without a word. */
export function isOutsideWindow(time: number, now: number): boolean {
  return time < now - PAST_MS || time > now + FUTURE_MS;
}

/**
 * Writes events as entries of the intake. What is outside of its time window is sent with the present time and with
 * `late: true`; the true time stays in `event_time` and in the event itself.
 */
export function datadogEncoder(
  { service: configured, tags }: DatadogSettings,
  { format, host, product }: Pick<SinkContext, "format" | "host" | "product">,
): (event: DeliverableEvent, now: number) => string {
  const service = configured ?? product.service;
  return (event, now) => {
    const { record } = event;
    const late = isOutsideWindow(event.time, now);
    const text = format.encode(event);
    const ddtags = [
      `service:${service}`,
      `event_type:${record.event_type}`,
      `decision:${record.decision}`,
      ...tags,
    ];
    const entry = {
      ddsource: "sark",
      ddtags: ddtags.join(","),
      hostname: host,
      service,
      status: STATUS[severityOf(record)],
      timestamp: late ? now : event.time,
      message: format.structured ? sentenceOf(record) : text,
      audit_id: event.id,
      ...(late ? { late: true, event_time: record.timestamp } : {}),
    };
    const head = JSON.stringify(entry);
    return format.structured ? `${head.slice(0, -1)},"${format.name}":${text}}` : head;
  };
}
