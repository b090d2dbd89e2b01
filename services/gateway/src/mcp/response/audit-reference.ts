import type { AuditReference } from "../../domain/governance.ts";
import type { JsonRpcSuccess } from "../../domain/json-rpc.ts";
import { isJsonObject } from "../../domain/json.ts";
import { addMember, editObject, findMember } from "../../json/edit.ts";
import type { Range } from "../../json/ranges.ts";
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
  return editObject(text, range, { result: resultWith(text, at, isJsonObject(meta), said) });
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
