import type { EventRecord } from "../../../events/event-record.ts";
import type { DeliverableEvent } from "../../event.ts";
import type { Format } from "../../formats/format.ts";
import { verdictOf } from "../../formats/outcome.ts";

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Severity numbers of OpenTelemetry's log data model. */
const SEVERITY = { INFO: 9, WARN: 13, ERROR: 17 } as const;

/** Writes an event as a log record of OTLP's JSON encoding; the body is the event in the destination's format. */
export function encodeLogRecord(event: DeliverableEvent, format: Format): string {
  const { record } = event;
  const severity = severityOf(record);
  return JSON.stringify({
    timeUnixNano: unixNano(record.timestamp),
    observedTimeUnixNano: unixNano(record.created_at),
    severityNumber: SEVERITY[severity],
    severityText: severity,
    eventName: `sark.${record.event_type}`,
    body: { stringValue: format.encode(event) },
    attributes: attributesOf(event),
    ...(record.trace_id !== undefined && TRACE_ID.test(record.trace_id) ? { traceId: record.trace_id } : {}),
  });
}

function severityOf(record: EventRecord): keyof typeof SEVERITY {
  if (record.decision === "deny") return "WARN";
  return verdictOf(record) === "failure" ? "ERROR" : "INFO";
}

function attributesOf({ id, seq, record }: DeliverableEvent): object[] {
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
  ];
  return [
    { key: "sark.audit.seq", value: { intValue: String(seq) } },
    ...texts.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: { stringValue: value } }])),
  ];
}

/** RFC 3339 with microseconds to nanoseconds since the epoch, which no JavaScript number holds. */
function unixNano(timestamp: string): string {
  const seconds = BigInt(Math.floor(Date.parse(timestamp) / 1_000));
  const fraction = (/\.(\d{1,9})/.exec(timestamp)?.[1] ?? "").padEnd(9, "0");
  return String(seconds * 1_000_000_000n + BigInt(fraction));
}
