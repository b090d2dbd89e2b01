import { hash } from "node:crypto";
import { canonicalJson } from "../json/canonical-json.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./event-limits.ts";
import type { AuditRecord, ValidRecord } from "./record.ts";

type Metadata = Readonly<Record<string, unknown>>;

/** What the longest reason, list of policies and text within metadata are cut to where a record does not fit. */
const REASON = 1_000;
const POLICY_BYTES = 8 * 1024;
const TEXT = 1_000;
/** Metadata that does not fit even so keeps its short members, up to this. */
const MEMBER_BYTES = 1_280;
const METADATA_BYTES = 16 * 1024;

/** Metadata whose parts that are nested too deep are their JSON text: nothing of them is lost. */
export function withShallowMetadata(record: AuditRecord): AuditRecord {
  const { metadata } = record;
  if (typeof metadata !== "object" || metadata === null) {
    return record;
  }
  try {
    return { ...record, metadata: flatten(metadata, MAX_METADATA_DEPTH) as Record<string, unknown> };
  } catch {
    // No JSON, or without an end: the check of the record says so.
    return record;
  }
}

function flatten(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null || isRawNumber(value)) {
    return value;
  }
  if (levels === 0) {
    return canonicalJson(value);
  }
  return Array.isArray(value)
    ? value.map((child) => flatten(child, levels - 1))
    : mapMembers(value, (child) => flatten(child, levels - 1));
}

/**
 * A record of the service itself that is larger than an entry of the log: less of it at a time until it fits, each cut
 * with a mark. A call must not fail because of what is said about it. The fields that name who did what where are kept
 * whole, as their own limits leave room for them.
 *
 * @param bytesOf the size of a record's canonical JSON
 */
export function fitRecord(record: ValidRecord, bytesOf: (record: ValidRecord) => number): ValidRecord {
  if (bytesOf(record) <= MAX_EVENT_BYTES) {
    return record;
  }
  const spoken = { ...record, reason: cutText(record.reason, REASON), policy: cutPolicy(record.policy) };
  if (bytesOf(spoken) <= MAX_EVENT_BYTES) {
    return spoken;
  }
  const short = { ...spoken, metadata: cutTexts(record.metadata) as Record<string, unknown> };
  if (bytesOf(short) <= MAX_EVENT_BYTES) {
    return short;
  }
  return { ...spoken, metadata: summarize(record.metadata, short.metadata) };
}

function cutPolicy(policy: ValidRecord["policy"]): ValidRecord["policy"] {
  if (!policy) {
    return policy;
  }
  const ids: string[] = [];
  let left = POLICY_BYTES;
  for (const id of policy.ids) {
    left -= Buffer.byteLength(JSON.stringify(id));
    if (left < 0) {
      break;
    }
    ids.push(id);
  }
  const cut = policy.ids.length - ids.length;
  return cut === 0 ? policy : { ...policy, ids: [...ids, `… and ${cut} more`] };
}

function cutTexts(value: unknown): unknown {
  if (typeof value === "string") {
    return cutText(value, TEXT);
  }
  if (Array.isArray(value)) {
    return value.map(cutTexts);
  }
  if (typeof value !== "object" || value === null || isRawNumber(value)) {
    return value;
  }
  return mapMembers(value, cutTexts);
}

/** What of metadata fits, with the size and digest of the whole, by which a copy elsewhere can be told to be the same. */
function summarize(whole: Metadata, short: Metadata): Record<string, unknown> {
  const json = canonicalJson(whole);
  const mark = { sark_cut: Buffer.byteLength(json), sark_sha256: hash("sha256", json) };
  let left = METADATA_BYTES;
  const kept = Object.entries(short).filter(([key, member]) => {
    const bytes = Buffer.byteLength(canonicalJson({ [key]: member }));
    if (bytes > MEMBER_BYTES || bytes > left) {
      return false;
    }
    left -= bytes;
    return true;
  });
  return { ...Object.fromEntries(kept), ...mark };
}

function cutText(text: string, length: number): string {
  if (text.length <= length) {
    return text;
  }
  const beginning = text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
  return `${beginning}… (cut from ${text.length} characters, SHA-256 ${hash("sha256", text)})`;
}

/** Defines members rather than assigning them: a key `__proto__` is one like any other. */
function mapMembers(value: object, change: (child: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, change(child)]));
}
