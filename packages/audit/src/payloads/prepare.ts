import { hash } from "node:crypto";
import { AuditError } from "../errors.ts";
import {
  PAYLOAD_KINDS,
  type KeptPayload,
  type PayloadKind,
  type PayloadSummary,
  type PreparedPayloads,
} from "../events/payload.ts";
import type { Sensitivity } from "../events/record.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { parseJson } from "../json/parse-json.ts";
import { isRawNumber } from "../json/raw-number.ts";
import { isShallow } from "../json/shallow.ts";
import { nextRandom } from "../events/random.ts";
import { createRedact, type RedactionRules } from "./redact.ts";

/**
 * What is kept of arguments and results: nothing; a salted digest, with which a holder of the payload can prove
 * it; the payload with its secrets hidden; all of it.
 */
export const PAYLOAD_POLICIES = ["none", "digest", "redacted", "full"] as const;
/** One of `PAYLOAD_POLICIES`. */
export type PayloadPolicy = (typeof PAYLOAD_POLICIES)[number];

/** What is kept of arguments and results, by the sensitivity of their record. */
export interface PayloadSettings {
  /** Default `none`. */
  readonly policy?: PayloadPolicy;
  /** Where it differs by the sensitivity of the record. */
  readonly bySensitivity?: Readonly<Partial<Record<Sensitivity, PayloadPolicy>>>;
  readonly redaction?: RedactionRules;
  /** Of a larger payload only the digest is kept, in bytes, and of one nested deeper than 500 levels. Default 256 KiB. */
  readonly maxBytes?: number;
}

/** The payloads of one record, with the tool's schemas of them where they are known (`inputSchema`, `outputSchema`). */
export interface Payloads {
  readonly arguments?: unknown;
  /** What a request brings in addition to its arguments. */
  readonly params?: unknown;
  readonly result?: unknown;
  readonly schemas?: Readonly<Partial<Record<PayloadKind, unknown>>>;
  /** In place of what the settings say. */
  readonly policy?: PayloadPolicy;
}

/** 256 bits: without the salt no body can be found by trying bodies, nor the salt by its own digest. */
export const SALT_BYTES = 32;

/** Throws `invalid_event` for a payload that is no JSON. */
export type PreparePayloads = (
  payloads: Payloads,
  sensitivity: Sensitivity | null | undefined,
) => PreparedPayloads | null;

export function createPreparePayloads(settings: PayloadSettings = {}): PreparePayloads {
  const redact = createRedact(settings.redaction);
  const maxBytes = settings.maxBytes ?? 256 * 1024;

  function prepare(kind: PayloadKind, value: unknown, schema: unknown, policy: PayloadSummary["policy"]) {
    const shown = policy === "redacted" ? redact(value, schema) : { value, count: 0 };
    const body = toBytes(kind, shown.value);
    const tooDeep = policy === "full" && !isShallow(shown.value);
    const oversize = policy !== "digest" && (body.length > maxBytes || tooDeep);
    const salt = nextRandom(SALT_BYTES);
    const digest = hash("sha256", Buffer.concat([salt, body]));
    const stored = oversize ? "digest" : policy;
    // In the order of canonical JSON, as all that becomes part of events: it is written faster.
    const summary: PayloadSummary = {
      bytes: body.length,
      digest,
      ...(oversize ? { oversize: true as const } : {}),
      policy: stored,
      ...(policy === "redacted" ? { redactions: shown.count } : {}),
      ...(stored === "digest" ? { salt_digest: hash("sha256", salt) } : {}),
    };
    return { summary, kept: { kind, policy: stored, salt, body: stored === "digest" ? null : body } };
  }

  return (payloads, sensitivity) => {
    const policy =
      payloads.policy ??
      (sensitivity ? settings.bySensitivity?.[sensitivity] : undefined) ??
      settings.policy ??
      "none";
    if (policy === "none") {
      return null;
    }
    const summaries: Partial<Record<PayloadKind, PayloadSummary>> = {};
    const kept: KeptPayload[] = [];
    for (const kind of PAYLOAD_KINDS) {
      if (payloads[kind] === undefined) {
        continue;
      }
      const prepared = prepare(kind, payloads[kind], payloads.schemas?.[kind], policy);
      summaries[kind] = prepared.summary;
      kept.push(prepared.kept);
    }
    return kept.length === 0 ? null : { summaries, kept };
  };
}

function toBytes(kind: PayloadKind, value: unknown): Buffer {
  try {
    return Buffer.from(canonicalJson(value));
  } catch {
    return Buffer.from(canonicalizeIllFormed(kind, value));
  }
}

/** Halves of surrogate pairs, which RFC 8785 refuses, are replaced: a payload of the wire must not fail its call. */
function canonicalizeIllFormed(kind: PayloadKind, value: unknown): string {
  try {
    return canonicalJson(toWellFormed(parseJson(JSON.stringify(value), "any")));
  } catch (cause) {
    throw new AuditError("invalid_event", `payloads.${kind}: must be JSON`, {
      field: `payloads.${kind}`,
      cause,
    });
  }
}

function toWellFormed(node: unknown): unknown {
  if (typeof node === "string") {
    return node.toWellFormed();
  }
  if (Array.isArray(node)) {
    return node.map(toWellFormed);
  }
  if (typeof node !== "object" || node === null || isRawNumber(node)) {
    return node;
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key.toWellFormed(), toWellFormed(child)]),
  );
}
