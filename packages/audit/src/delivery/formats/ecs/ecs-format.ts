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

function ownFields(record: AuditEvent, metadata: string): object {
  const { tool_name, phase, outcome, intent_id, sensitivity, session_id } = record;
  const { credential, submitted_by } = record;
  return {
    phase,
    ...(tool_name === undefined ? {} : { tool_name }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(intent_id === undefined ? {} : { intent_id }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(session_id === undefined ? {} : { session_id }),
    ...(credential === undefined ? {} : { credential }),
    ...(submitted_by === undefined ? {} : { submitted_by }),
    // As text: keys that callers choose would grow the index's mapping without bound.
    ...metadataFields(metadata),
  };
}
