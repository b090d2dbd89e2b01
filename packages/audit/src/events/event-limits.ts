import { AuditError } from "../errors.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import { parseJson } from "../json/parse-json.ts";
import { MAX_BUNDLED_ENTRY } from "../transparency-log/tiles/entry-bundle.ts";

/** Bytes of a record's canonical JSON: so that each fits an entry bundle of the transparency log. */
export const MAX_EVENT_BYTES = MAX_BUNDLED_ENTRY;

/**
 * Levels of objects and lists within each other that metadata of new events may have, itself counted: receivers of
 * events lose what is deeper, and its neighbours with it. Older events may have 500.
 */
export const MAX_METADATA_DEPTH = 20;

/**
 * Refuses an event that is larger than an entry of the log: throws `invalid_event` naming the field that takes most of
 * it, with the figures.
 */
export function checkEventSize(canonical: string): void {
  const bytes = Buffer.byteLength(canonical);
  if (bytes <= MAX_EVENT_BYTES) {
    return;
  }
  const sizes = Object.entries(parseJson(canonical, "any") as object).map(
    ([field, value]) => [field, Buffer.byteLength(canonicalJson(value))] as const,
  );
  const [field, most] = sizes.reduce((largest, one) => (one[1] > largest[1] ? one : largest));
  const message = `${field}: has ${most} bytes as canonical JSON, the event as a whole ${bytes}; it may have ${MAX_EVENT_BYTES}`;
  throw new AuditError("invalid_event", message, { field });
}
