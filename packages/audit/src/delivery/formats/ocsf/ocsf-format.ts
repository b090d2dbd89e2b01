import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { wholeNumber } from "../fields/whole-number.ts";
import type { Format } from "../../audit-events/format.ts";
import type { Producer } from "../../audit-events/producer.ts";
import { metadataFields } from "../fields/keyword.ts";
import { sentenceOf } from "../fields/sentence.ts";
import { remainingFields } from "../fields/remaining-fields.ts";
import {
  activityOf,
  CATEGORY_UID,
  CLASS_UID,
  controlOf,
  OTHER,
  severityFieldsOf,
  statusOf,
} from "./classification.ts";
import { actorOf, apiOf, authorizationsOf, endpointOf, messageContextOf, resourcesOf } from "./objects.ts";

/** OCSF 1.8 API Activity with the profiles `security_control` and `ai_operation`, for allow and deny alike. */
export function ocsfFormat(producer: Producer): Format {
  return {
    name: "ocsf",
    structured: true,
    late: lateUnmapped,
    cut: cutEvent,
    encode: (event) => JSON.stringify(toOcsf(event, producer)),
  };
}

/** The schema knows no such fields; `unmapped` is the last of the text, and never empty. */
function lateUnmapped(text: string, timestamp: string): string {
  return `${text.slice(0, -2)},"late":true,"event_time":${JSON.stringify(timestamp)}}}`;
}

function toOcsf(event: DeliverableEvent, { vendor, name, version, host }: Producer): object {
  const { seq, record, time } = event;
  const activity = activityOf(record);
  const { server_name: server, duration_ms: duration } = record;
  return {
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: CATEGORY_UID,
    category_name: "Application Activity",
    class_uid: CLASS_UID,
    class_name: "API Activity",
    type_uid: CLASS_UID * 100 + activity.id,
    // The caption of `type_uid`: what is neither of the schema's four is `Other`, whatever the activity is called.
    type_name: `API Activity: ${activity.id === OTHER ? "Other" : activity.name}`,
    time,
    ...severityFieldsOf(record),
    ...statusOf(record),
    status_code: record.outcome ?? record.decision,
    status_detail: record.reason,
    message: sentenceOf(record),
    ...controlOf(record),
    ...authorizationsOf(record),
    metadata: {
      version: "1.8.0",
      profiles: ["security_control", "ai_operation"],
      product: { name, vendor_name: vendor, version },
      log_name: "gateway_audit_events",
      log_provider: host,
      event_code: record.event_type,
      uid: record.id,
      correlation_uid: record.gateway_request_id,
      ...(record.tenant_id === undefined ? {} : { tenant_uid: record.tenant_id }),
      // A checkpoint has no place in the log.
      ...(seq < 0 ? {} : { sequence: seq }),
      logged_time: Date.parse(record.created_at),
      original_time: record.timestamp,
    },
    actor: actorOf(record),
    api: apiOf(record),
    src_endpoint: endpointOf(record),
    ...(server === undefined ? {} : { dst_endpoint: { svc_name: server } }),
    ...resourcesOf(record),
    ...messageContextOf(record),
    ...(duration === undefined ? {} : { duration: wholeNumber(duration) }),
    unmapped: unmappedOf(record, event.metadataText),
  };
}

/**
 * `metadata` are text, in every event: their keys and types are the callers' own, and one caller's object where another
 * has a number makes stores with typed fields refuse events.
 */
function unmappedOf(record: DeliverableEvent["record"], metadata: string): object {
  return { ...unmapped(record), ...metadataFields(metadata) };
}

/** The payloads' digests are not sent. */
const unmapped = remainingFields(
  ["phase", "intent_id", "sensitivity", "trace_id", "submitted_by"],
  [
    "id",
    "timestamp",
    "event_type",
    "user_id",
    "agent_id",
    "server_name",
    "tool_name",
    "decision",
    "reason",
    "gateway_request_id",
    "outcome",
    "tenant_id",
    "duration_ms",
    "session_id",
    "client_address",
    "credential",
    "policy",
    "payloads",
    "metadata",
    "created_at",
  ],
);
