import { MAX_METADATA_DEPTH } from "@sark/audit";
import { canonicalJson } from "@sark/audit/json";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";

/** Bytes of a caller's metadata within a record: with all else that the record says it fits an entry of the log. */
export const MAX_REQUEST_METADATA_BYTES = 24 * 1024;
/** It stands one level deeper in the record's own metadata. */
const LEVELS = MAX_METADATA_DEPTH - 1;

/** Why metadata of a request cannot be recorded as it is; `null` where it can. */
export function metadataProblem(value: JsonObject): string | null {
  if (!isShallow(value, LEVELS)) {
    return `must not be nested deeper than ${LEVELS} levels`;
  }
  const bytes = Buffer.byteLength(canonicalJson(value));
  if (bytes <= MAX_REQUEST_METADATA_BYTES) {
    return null;
  }
  return `has ${bytes} bytes as canonical JSON; it may have ${MAX_REQUEST_METADATA_BYTES}`;
}

function isShallow(value: Json, levels: number): boolean {
  if (!Array.isArray(value) && !isJsonObject(value)) {
    return true;
  }
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1));
}
