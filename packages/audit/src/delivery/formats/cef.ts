import { isIP } from "node:net";
import type { EventRecord } from "../../events/event-record.ts";
import { cutEvent } from "../packing/cut-event.ts";
import type { Format, Producer } from "./format.ts";
import { sentenceOf, verdictOf } from "./outcome.ts";

/** ArcSight Common Event Format, version 0: a header of seven fields, then `key=value` pairs. */
export function cefFormat({ version, host }: Producer): Format {
  return {
    name: "cef",
    structured: false,
    // Its own time is `rt`.
    late: (text) => `${text} late=true`,
    cut: cutEvent,
    encode({ seq, record }) {
      const header = ["CEF:0", "SARK", "SARK Gateway", version, record.event_type, nameOf(record)];
      const extension = pairs(record, seq, host)
        .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
        .map(([key, value]) => `${key}=${escapeValue(String(value))}`);
      return `${[...header, severityOf(record)].map(escapeHeader).join("|")}|${extension.join(" ")}`;
    },
  };
}

function nameOf({ event_type, decision, outcome }: EventRecord): string {
  return `${event_type} ${outcome ?? decision}`;
}

/** From 0 to 10. */
function severityOf(record: EventRecord): string {
  if (record.decision === "deny") return record.sensitivity === "critical" ? "8" : "6";
  return verdictOf(record) === "failure" ? "5" : "3";
}

function pairs(record: EventRecord, seq: number, host: string): [string, string | number | undefined][] {
  return [
    ["rt", Date.parse(record.timestamp)],
    ["externalId", record.id],
    ["dvchost", host],
    ["act", record.decision],
    ["outcome", verdictOf(record)],
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
    ...custom("cs6", "metadata", JSON.stringify(record.metadata)),
    ...custom("flexString1", "credential", record.credential),
    ...custom("flexString2", "submittedBy", record.submitted_by),
  ];
}

/** CEF has a field for IPv4 alone, and a numbered one for IPv6. */
function source(address: string | undefined): [string, string | undefined][] {
  if (address === undefined) return [];
  return isIP(address) === 6 ? custom("c6a2", "sourceAddress", address) : [["src", address]];
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
  return text.replace(/[\\|]/g, "\\$&").replace(/[\r\n]+/g, " ");
}

function escapeValue(text: string): string {
  return text
    .replace(/[\\=]/g, "\\$&")
    .replace(/\r\n|\r|\n/g, "\\n")
    .replace(OTHER_CONTROLS, " ");
}

/** CEF has no escape for them; some end a line in one reader or another, some steer a terminal. */
const OTHER_CONTROLS = /[\p{Cc}\u2028\u2029]/gu;
