import type { AuditReference } from "../../domain/governance.ts";
import type { JsonRpcFailure, JsonRpcSuccess } from "../../domain/json-rpc.ts";
import { isJsonObject, addMember, editObject, findMember, foldSpelling, type Range } from "@sark/json";
import { AUDIT_META_KEY } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import { MalformedResponse } from "../errors/malformed-response.ts";

/** For a response that is about one call; of a batch, each result says it itself. */
export function auditHeaders(audit: AuditReference | null): Record<string, string> {
  if (audit === null) {
    return {};
  }
  const { id, seq, leafHash } = audit;
  return {
    "sark-audit-id": id,
    ...(seq === null ? {} : { "sark-audit-seq": String(seq) }),
    "sark-audit-leaf-hash": leafHash,
  };
}

/**
 * The response at `range` whose result says in `_meta` where the record of its call stands, as text; `null` when nothing
 * has to change. The name is the gateway's: what a server says under it does not reach a client.
 */
export function referToRecord(
  text: string,
  range: Range,
  { result }: JsonRpcSuccess,
  audit: AuditReference | null,
): string | null {
  const meta = result["_meta"];
  const claimed = isJsonObject(meta) && Object.hasOwn(meta, AUDIT_META_KEY);
  if (audit === null && !claimed) {
    return null;
  }
  const said = audit === null ? null : valueOf(audit);
  const at = findMember(text, range, "result");
  if (at === null) {
    throw new MalformedResponse("The result is not where it was.");
  }
  const { start, end } = range;
  // A key that stands twice was refused: what is around the result can stay as it was written.
  return `${text.slice(start, at.start)}${resultWith(text, at, isJsonObject(meta), said)}${text.slice(at.end, end)}`;
}

/** What is longer with invisible characters is taken for none of these by no reader that is known; folding takes a microsecond for each. */
const MAX_NAME = 256;

/** Of `error.data`: where the gateway says in its own errors where the record of a call stands, whatever a reader makes of spelling. */
const ERROR_MEMBERS: ReadonlySet<string> = new Set(["audit_id", "audit_seq"].map(foldSpelling));

/**
 * The error of a server at `range` without what it says of a record, as text; `null` when nothing has to change. A caller could
 * take it for the proof of its own call.
 */
export function withoutClaimedRecord(text: string, range: Range, { error }: JsonRpcFailure): string | null {
  const { data } = error;
  const claimed = isJsonObject(data)
    ? Object.keys(data).filter((name) => name.length <= MAX_NAME && ERROR_MEMBERS.has(foldSpelling(name)))
    : [];
  if (claimed.length === 0) {
    return null;
  }
  const at = findMember(text, range, "error");
  const dataAt = at === null ? null : findMember(text, at, "data");
  if (at === null || dataAt === null) {
    throw new MalformedResponse("The error is not where it was.");
  }
  const rest = editObject(text, dataAt, Object.fromEntries(claimed.map((name) => [name, null])));
  return editObject(text, range, { error: editObject(text, at, { data: rest }) });
}

function resultWith(text: string, at: Range, hasMeta: boolean, said: string | null): string {
  if (!hasMeta) {
    return addMember(text, at, "_meta", `{${JSON.stringify(AUDIT_META_KEY)}:${said}}`);
  }
  const metaAt = findMember(text, at, "_meta");
  if (metaAt === null) {
    throw new MalformedResponse("The _meta is not where it was.");
  }
  return editObject(text, at, { _meta: editObject(text, metaAt, { [AUDIT_META_KEY]: said }) });
}

function valueOf({ id, seq, leafHash }: AuditReference): string {
  return JSON.stringify({ id, seq, leaf_hash: leafHash });
}
