import type { AuditEvent } from "@sark/audit";
import { textField, type LogEntry } from "../scan/entry.ts";
import type { ShownSpan } from "./jaeger.ts";

/** Something that happened for a request, as one of the sources tells it. */
export interface TimelineStep {
  /** RFC 3339, in UTC; `null` for a line before the first that bears a time. */
  readonly timestamp: string | null;
  readonly source: "log" | "audit" | "span";
  /** Component of a line, kind of an event, service of a span. */
  readonly from: string;
  readonly what: string;
  readonly failed: boolean;
  /** What the source says in full. */
  readonly detail: unknown;
}

export function stepOfLine(entry: LogEntry): TimelineStep {
  const level = textField(entry, "level") ?? "";
  return {
    timestamp: entry.at === null ? null : new Date(entry.at).toISOString(),
    source: "log",
    from: textField(entry, "component") ?? "-",
    what: textField(entry, "message") ?? entry.line,
    failed: level === "error" || level === "fatal",
    detail: entry.record ?? entry.line,
  };
}

export function stepOfEvent({
  seq,
  event,
}: {
  readonly seq: number;
  readonly event: AuditEvent;
}): TimelineStep {
  const decided = event.phase === "outcome" ? (event.outcome ?? "ended") : event.decision;
  return {
    timestamp: event.timestamp,
    source: "audit",
    from: `#${seq}`,
    what: [event.event_type, event.phase, decided, event.server_name, event.tool_name, event.reason]
      .filter((part) => part !== undefined && part !== "")
      .join(" "),
    failed: event.decision === "deny",
    detail: event,
  };
}

export function stepOfSpan(span: ShownSpan): TimelineStep {
  return {
    timestamp: new Date(span.at).toISOString(),
    source: "span",
    from: span.service,
    what: `${span.name} (${span.duration_ms.toFixed(1)} ms)`,
    failed: span.failed,
    detail: span,
  };
}

/** In order of time; what happened at the same time stays in the order of the sources, which is that of the log. */
export function inOrder(steps: readonly TimelineStep[]): TimelineStep[] {
  const at = ({ timestamp }: TimelineStep) => (timestamp === null ? 0 : Date.parse(timestamp));
  return steps.toSorted((a, b) => at(a) - at(b));
}
