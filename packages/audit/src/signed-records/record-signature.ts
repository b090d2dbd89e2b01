import type { AuditRecord } from "../events/record.ts";
import { parseAuditRecord, PAYLOAD_ERASURE, RETENTION_PURGE } from "../events/record.ts";
import { toAcceptedEvent, type AcceptedEvent } from "../events/accepted-event.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { parseJson } from "../json/parse-json.ts";
import { encodeBase64 } from "../transparency-log/encodings.ts";
import { TransparencyLogError } from "../transparency-log/errors.ts";
import type { KeySet } from "../transparency-log/notes/key-set.ts";
import type { NoteSigner } from "../transparency-log/notes/note-signer.ts";
import { formatSignatureLine, parseSignatureLine } from "../transparency-log/notes/signed-note.ts";

/**
 * Records that excuse what is missing from the log are signed with the log's key: who can only write to the database
 * cannot make one. What is signed is the whole record in its canonical bytes, but for the signatures themselves, which
 * stand in `metadata.signed.signatures`:
 *
 *     sark-audit-record/v1
 *     {"created_at":…,"metadata":{…,"signed":{"log":"<origin>","tree":{"root":"…","size":N}}},…}
 *
 * A checkpoint's second line is a number, so that neither can pass for the other under the same key.
 */
const HEADER = "sark-audit-record/v1";

/** The newest tree that was signed when the record was made. */
export interface RecordTree {
  readonly size: number;
  /** Base 64. */
  readonly root: string;
}

/** The record of that id, signed; `now` is when the log takes it, in Unix milliseconds. */
export function signRecord(
  record: AuditRecord,
  { id, now }: { readonly id: string; readonly now: number },
  by: {
    readonly origin: string;
    readonly signers: readonly NoteSigner[];
    readonly tree: { readonly size: number; readonly root: Uint8Array };
  },
): AcceptedEvent {
  const { origin, signers, tree } = by;
  const signed = { log: origin, tree: { size: tree.size, root: encodeBase64(tree.root) } };
  const written = (part: object): AcceptedEvent =>
    toAcceptedEvent(parseAuditRecord({ ...record, metadata: { ...record.metadata, signed: part } }), id, now);
  const text = textOf(written(signed).canonical);
  const signatures = signers.map((signer) => formatSignatureLine(signer.sign(text)).trimEnd());
  return written({ ...signed, signatures });
}

function textOf(canonical: string): string {
  return `${HEADER}\n${canonical}\n`;
}

/** Whose word counts for a record. */
export interface RecordTrust {
  readonly keys: KeySet;
  /** The log that it must be of; `null` where that is not known. */
  readonly origin: string | null;
  /** Records below this number are taken without a signature: an older version wrote them. */
  readonly unsignedUntil?: number;
}

/** A record as its bytes say it. */
export interface RecordFields {
  readonly id?: unknown;
  readonly event_type?: unknown;
  readonly decision?: unknown;
  readonly created_at?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export type OpenedRecord =
  /** `tree` is `null` for one of an older version, taken on the word of the database. */
  | { readonly counts: true; readonly fields: RecordFields; readonly tree: RecordTree | null }
  | {
      readonly counts: false;
      readonly fields: RecordFields;
      readonly isSigned: boolean;
      readonly why: string;
    };

/** Whether it says that something was dropped or erased. A refused attempt to erase has the same type, and says nothing. */
export function isExcuse({ event_type: type, decision }: RecordFields): boolean {
  return type === RETENTION_PURGE || (type === PAYLOAD_ERASURE && decision === "allow");
}

/** Reads a record that excuses something, at its place in the log; `null` for any other event. */
export function openRecord(canonical: Uint8Array, seq: number, trust: RecordTrust): OpenedRecord | null {
  const text = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.length).toString("utf8");
  const fields = parse(text);
  if (fields === null || !isExcuse(fields)) {
    return null;
  }
  const { signatures, ...signed } = asObject(fields.metadata?.["signed"]) ?? {};
  if (signatures === undefined) {
    if (seq < (trust.unsignedUntil ?? 0)) {
      return { counts: true, fields, tree: null };
    }
    return { counts: false, fields, isSigned: false, why: "it is not signed with the log's key" };
  }
  const why = whyNot(text, { ...fields, metadata: { ...fields.metadata, signed } }, signatures, seq, trust);
  if (why !== null) {
    return { counts: false, fields, isSigned: true, why };
  }
  return { counts: true, fields, tree: signed["tree"] as RecordTree };
}

function whyNot(
  text: string,
  unsigned: RecordFields,
  signatures: unknown,
  seq: number,
  { keys, origin }: RecordTrust,
): string | null {
  const { log, tree } = asObject(unsigned.metadata?.["signed"]) ?? {};
  if (origin !== null && log !== origin) {
    return `it is signed for another log, "${String(log)}"`;
  }
  const { size, root } = asObject(tree) ?? {};
  if (!Number.isSafeInteger(size) || (size as number) > seq || typeof root !== "string") {
    return "it is signed for another place in the log";
  }
  // One text has one reading: a key that stands there twice, or another order, was never signed.
  if (
    canonical({ ...unsigned, metadata: { ...unsigned.metadata, signed: { log, tree, signatures } } }) !== text
  ) {
    return "its bytes are not canonical";
  }
  return whoSigned(textOf(canonical(unsigned)), signatures, seq, keys);
}

/** `null` when a key of the log signed it that may sign events of that number, and no signature is wrong. */
function whoSigned(text: string, signatures: unknown, seq: number, keys: KeySet): string | null {
  let right = false;
  let why = "it is signed by a key that is not trusted";
  for (const line of Array.isArray(signatures) ? signatures : []) {
    const signature = parseLine(line);
    const trusted = signature && keys.find(signature);
    if (!signature || !trusted || trusted.key.type !== "ed25519") {
      continue;
    }
    if (!trusted.key.verify(Buffer.from(text), signature.signature)) {
      return "its signature is wrong";
    }
    // The tree that has the record is one larger than its number.
    if (seq + 1 >= trusted.fromSize && seq + 1 <= trusted.untilSize) {
      right = true;
    } else {
      why = `its key may sign sizes ${trusted.fromSize} to ${trusted.untilSize} only`;
    }
  }
  return right ? null : why;
}

function canonical(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch {
    // Half a surrogate pair, or 1e999: nothing that was ever signed.
    return "";
  }
}

function parseLine(line: unknown) {
  try {
    return typeof line === "string" ? parseSignatureLine(line) : null;
  } catch (error) {
    if (error instanceof TransparencyLogError) {
      return null;
    }
    throw error;
  }
}

function parse(text: string): RecordFields | null {
  try {
    const value = asObject(parseJson(text, "any"));
    return value !== null && (value["metadata"] === undefined || asObject(value["metadata"]) !== null)
      ? value
      : null;
  } catch {
    return null;
  }
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
