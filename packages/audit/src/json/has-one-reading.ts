import { canonicalJson } from "./canonical-json.ts";
import { parseJson } from "./parse-json.ts";

/**
 * Whether an event's bytes are what the log writes: an object in canonical JSON (RFC 8785), in UTF-8. Of others, such as those
 * with a member twice, two readers may see two events: who can write to the database can have the log sign them.
 */
export function hasOneReading(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return isCanonicalEvent(parseJson(text, "any"), bytes);
  } catch {
    return false;
  }
}

/** The same of bytes that were parsed already, by `parseJson` and as `any`. */
export function isCanonicalEvent(event: unknown, bytes: Uint8Array): boolean {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return false;
  }
  try {
    return Buffer.compare(Buffer.from(canonicalJson(event)), bytes) === 0;
  } catch {
    // Half of a character has no canonical form.
    return false;
  }
}
