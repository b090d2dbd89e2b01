import { severityOf, type Severity } from "../fields/severity.ts";
import type { AuditEvent } from "../../../events/audit-event.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { sliceCharacters } from "../../packing/slice-text.ts";
import type { Format } from "../../audit-events/format.ts";
import type { Producer } from "../../audit-events/producer.ts";
import { ipVersion } from "../fields/ip-version.ts";
import { sentenceOf } from "../fields/sentence.ts";
import { resultOf } from "../fields/event-result.ts";

/** ArcSight Common Event Format, version 0: a header of seven fields, then `key=value` pairs. */
export function cefFormat({ vendor, name, version, host }: Producer): Format {
  return {
    name: "cef",
    structured: false,
    // Its own time is `rt`.
    late: (text) => `${text} late=true`,
    cut: cutEvent,
    encode(event) {
      const { record } = event;
      const header = ["CEF:0", vendor, name, version, record.event_type, nameOf(record)];
      const extension = pairs(event, host)
        .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
        .map(([key, value]) => `${key}=${escapeValue(within(key, String(value)))}`);
      return `${[...header, SEVERITY[severityOf(record)]].map(escapeHeader).join("|")}|${extension.join(" ")}`;
    },
  };
}

function nameOf({ event_type, decision, outcome }: AuditEvent): string {
  return `${event_type} ${outcome ?? decision}`;
}

/** From 0 to 10. */
const SEVERITY: Readonly<Record<Severity, string>> = {
  critical_denial: "8",
  denial: "6",
  failure: "5",
  normal: "3",
};

type Pair = [string, string | number | undefined];

function pairs({ record, seq, metadataText }: DeliverableEvent, host: string): Pair[] {
  const isCut = metadataText.length > CUSTOM_STRING;
  return [
    ["rt", Date.parse(record.timestamp)],
    ["externalId", record.id],
    ["dvchost", host],
    ["act", record.decision],
    ["outcome", resultOf(record)],
    ["reason", record.reason],
    ["suser", record.user_id ?? record.agent_id],
    ...source(record.client_address),
    ["dhost", record.server_name],
    ["msg", sentenceOf(record)],
    ["cn1Label", "seq"],
    ["cn1", seq],
    ...custom("cs1", "requestId", record.gateway_request_id),
    ...custom("cs2", "tool", record.tool_name),
    ...custom("cs3", "agent", record.agent_id),
    ...custom("cs4", "tenant", record.tenant_id),
    ...custom("cs5", "policies", record.policy?.ids.join(",")),
    ...custom("cs6", isCut ? "metadata, cut" : "metadata", metadataText),
    ...custom("flexString1", "credential", record.credential),
    ...custom("flexString2", "submittedBy", record.submitted_by),
  ];
}

/** CEF has a field for IPv4 alone, a numbered one for IPv6, and one for what is no address. */
function source(address: string | undefined): [string, string | undefined][] {
  if (address === undefined) {
    return [];
  }
  if (ipVersion(address) === 6) {
    return custom("c6a2", "sourceAddress", address);
  }
  return [[ipVersion(address) === 4 ? "src" : "shost", address]];
}

/** Characters that the standard's dictionary allows; a receiver cuts the rest away, or the event. */
const CUSTOM_STRING = 4_000;
const LIMITS: Readonly<Record<string, number>> = {
  dvchost: 100,
  reason: 1_023,
  suser: 1_023,
  dhost: 1_023,
  msg: 1_023,
  shost: 1_023,
  flexString1: 1_023,
  flexString2: 1_023,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((at) => [`cs${at}`, CUSTOM_STRING])),
};

function within(key: string, value: string): string {
  const limit = LIMITS[key] ?? Infinity;
  return value.length <= limit ? value : `${sliceCharacters(value, limit - 1)}…`;
}

function custom(key: string, label: string, value: string | undefined): [string, string | undefined][] {
  return value === undefined
    ? []
    : [
        [`${key}Label`, label],
        [key, value],
      ];
}

function escapeHeader(text: string): string {
  return text.replace(/[\\|]/g, "\\$&").replace(CONTROLS, " ");
}

function escapeValue(text: string): string {
  return text
    .replace(/[\\=]/g, "\\$&")
    .replace(/\r\n|\r|\n/g, "\\n")
    .replace(CONTROLS, " ");
}

/** CEF has no escape for them; some end a line in one reader or another, some steer a terminal. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;
