import type { AuditEvent } from "../../../events/audit-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { lateObject } from "../../packing/late-object.ts";
import { wholeNumber } from "../fields/whole-number.ts";
import type { Format } from "../../audit-events/format.ts";
import type { Producer } from "../../audit-events/producer.ts";
import { ipVersion } from "../fields/ip-version.ts";
import { keyword, metadataFields } from "../fields/keyword.ts";
import { sentenceOf } from "../fields/sentence.ts";
import { resultOf } from "../fields/event-result.ts";
import { remainingFields } from "../fields/remaining-fields.ts";

/** Elastic Common Schema 8.17; what it has no field for stands under `sark`. */
export function ecsFormat({ vendor, suite, kind, service, version, host }: Producer): Format {
  return {
    name: "ecs",
    structured: true,
    late: lateObject,
    cut: cutEvent,
    encode({ seq, record, metadataText }) {
      return JSON.stringify({
        "@timestamp": record.timestamp,
        ecs: { version: "8.17.0" },
        message: sentenceOf(record),
        event: eventFields(record, seq),
        ...(record.user_id === undefined ? {} : { user: { id: record.user_id } }),
        ...(record.agent_id === undefined ? {} : { client: { user: { id: record.agent_id } } }),
        ...(record.client_address === undefined ? {} : { source: sourceFields(record.client_address) }),
        ...(record.tenant_id === undefined ? {} : { organization: { id: record.tenant_id } }),
        ...(record.server_name === undefined ? {} : { destination: { domain: record.server_name } }),
        ...(record.trace_id === undefined ? {} : { trace: { id: record.trace_id } }),
        ...(record.policy === undefined ? {} : { rule: ruleFields(record.policy) }),
        http: { request: { id: record.gateway_request_id } },
        service: { name: service, version, node: { name: host } },
        observer: { vendor, product: suite, type: kind, version },
        sark: ownFields(record, metadataText),
      });
    },
  };
}

function eventFields(record: AuditEvent, seq: number): object {
  const denied = record.decision === "deny";
  return {
    id: record.id,
    sequence: seq,
    created: record.created_at,
    dataset: "sark.audit",
    module: "sark",
    kind: "event",
    category: ["api"],
    // `allowed` and `denied` are ECS's words for what a control decided.
    type: ["access", denied ? "denied" : "allowed"],
    action: record.event_type,
    outcome: resultOf(record),
    reason: record.reason,
    ...(record.duration_ms === undefined ? {} : { duration: wholeNumber(record.duration_ms * 1e6) }),
  };
}

function sourceFields(address: string): object {
  return { address, ...(ipVersion(address) === 0 ? {} : { ip: address }) };
}

function ruleFields({ engine, ids, revision }: NonNullable<AuditEvent["policy"]>): object {
  return {
    ruleset: engine,
    ...(ids.length === 0 ? {} : { name: keyword(ids.join(",")) }),
    ...(revision === null ? {} : { version: revision }),
  };
}

/** What stands under `sark`. The payloads' digests are not sent. */
const own = remainingFields(
  ["phase", "tool_name", "outcome", "intent_id", "sensitivity", "session_id", "credential", "submitted_by"],
  [
    "id",
    "timestamp",
    "event_type",
    "user_id",
    "agent_id",
    "server_name",
    "decision",
    "reason",
    "gateway_request_id",
    "tenant_id",
    "duration_ms",
    "trace_id",
    "client_address",
    "policy",
    "payloads",
    "metadata",
    "created_at",
  ],
);

function ownFields(record: AuditEvent, metadata: string): object {
  // Metadata as text: keys that callers choose would grow the index's mapping without bound.
  return { ...own(record), ...metadataFields(metadata) };
}
