import { severityOf, type Severity } from "../../formats/fields/severity.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Format } from "../../audit-events/format.ts";
import type { SyslogSettings } from "./config.ts";

/** Severities of RFC 5424. */
const SEVERITY: Readonly<Record<Severity, number>> = {
  // Warning, error, informational.
  critical_denial: 4,
  denial: 4,
  failure: 3,
  normal: 6,
};

/** rsyslog takes the header of a later message for text, with it its host, name and structured data. */
const LAST_TIME = Date.parse("2099-12-31T23:59:59.999Z");

/** Whether receivers cannot read an event's time. */
export function isBeyondCalendar({ time }: DeliverableEvent): boolean {
  return time > LAST_TIME;
}

/** Writes an event as an RFC 5424 message. There is no byte order mark: receivers that parse JSON trip over it. */
export function syslogEncoder(
  { facility, appName, structuredDataId }: SyslogSettings,
  format: Format,
  host: string,
): (event: DeliverableEvent) => string {
  const origin = `${printable(host, 255)} ${appName} ${process.pid}`;
  return (event) => {
    const { record, id, seq } = event;
    const priority = facility * 8 + SEVERITY[severityOf(record)];
    const late = isBeyondCalendar(event);
    const data: (readonly [string, string])[] = [
      ["id", id],
      ["seq", String(seq)],
      ["decision", record.decision],
      ["request", record.gateway_request_id],
      ...(late
        ? ([
            ["late", "true"],
            ["event_time", record.timestamp],
          ] as const)
        : []),
    ];
    const parameters = data.map(([name, value]) => `${name}="${escapeValue(value)}"`).join(" ");
    const head = `<${priority}>1 ${late ? record.created_at : record.timestamp} ${origin} ${printable(record.event_type, 32)}`;
    return `${head} [${structuredDataId} ${parameters}] ${format.encode(event)}`;
  };
}

/** A header field: printable ASCII without spaces, and `-` for nothing. */
function printable(text: string, length: number): string {
  return text.replace(/[^\x21-\x7e]/g, "_").slice(0, length) || "-";
}

/** RFC 5424 has no escape for control characters, and a receiver that writes them as they come stores forged lines. */
function escapeValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/["\\\]]/g, "\\$&")
    .replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}
