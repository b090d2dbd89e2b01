import { escapeControls } from "@sark/observability/lines";
import { severityOf, type Severity } from "../../formats/fields/severity.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Format } from "../../audit-events/format.ts";

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Severity numbers of OpenTelemetry's log data model, with their texts. */
const SEVERITY: Readonly<Record<Severity, { readonly number: number; readonly text: string }>> = {
  critical_denial: { number: 13, text: "WARN" },
  denial: { number: 13, text: "WARN" },
  failure: { number: 17, text: "ERROR" },
  normal: { number: 9, text: "INFO" },
};

/** Nanoseconds in 64 bits with a sign, as most receivers count them, end in the year 2262. The format has one bit more. */
const LAST_TIME = Date.parse("2262-04-11T00:00:00Z");

/** Whether OTLP's clock does not reach an event's time. */
export function isBeyondClock({ time }: DeliverableEvent): boolean {
  return time > LAST_TIME;
}

/** Writes an event as a log record of OTLP's JSON encoding; the body is the event in the destination's format. */
export function encodeLogRecord(event: DeliverableEvent, format: Format): string {
  const { record } = event;
  const severity = SEVERITY[severityOf(record)];
  return JSON.stringify({
    timeUnixNano: unixNano(isBeyondClock(event) ? record.created_at : record.timestamp),
    observedTimeUnixNano: unixNano(record.created_at),
    severityNumber: severity.number,
    severityText: severity.text,
    eventName: `sark.${record.event_type}`,
    // A string within JSON: read, it would have the raw characters again.
    body: { stringValue: escapeControls(format.encode(event)).text },
    attributes: attributesOf(event),
    ...(record.trace_id !== undefined && TRACE_ID.test(record.trace_id) ? { traceId: record.trace_id } : {}),
  });
}

function attributesOf(event: DeliverableEvent): object[] {
  const { id, seq, record } = event;
  const texts: [string, string | undefined][] = [
    ["sark.audit.id", id],
    ["sark.audit.decision", record.decision],
    ["sark.audit.phase", record.phase],
    ["sark.audit.outcome", record.outcome],
    ["sark.request.id", record.gateway_request_id],
    ["user.id", record.user_id],
    ["gen_ai.agent.id", record.agent_id],
    ["gen_ai.tool.name", record.tool_name],
    ["sark.server.name", record.server_name],
    ["sark.audit.event_time", isBeyondClock(event) ? record.timestamp : undefined],
  ];
  return [
    { key: "sark.audit.seq", value: { intValue: String(seq) } },
    ...(isBeyondClock(event) ? [{ key: "sark.audit.late", value: { boolValue: true } }] : []),
    ...texts.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: { stringValue: value } }])),
  ];
}

/** RFC 3339 with microseconds to nanoseconds since the epoch, which no JavaScript number holds. */
function unixNano(timestamp: string): string {
  const seconds = BigInt(Math.floor(Date.parse(timestamp) / 1_000));
  const fraction = (/\.(\d{1,9})/.exec(timestamp)?.[1] ?? "").padEnd(9, "0");
  return String(seconds * 1_000_000_000n + BigInt(fraction));
}
