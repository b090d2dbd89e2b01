import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { findMetadata, startOfMetadata } from "../../audit-events/metadata-text.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { lateObject } from "../../packing/late-object.ts";
import type { Format } from "../../audit-events/format.ts";
import { metadataExcess } from "./metadata-bounds.ts";
import { isPlainMetadata } from "./plain-metadata.ts";

/**
 * The canonical record with its position in front. Without `seq` it is the exact bytes of the
 * transparency log's leaf, so that a copy in a SIEM can be verified by itself.
 */
export const jsonFormat: Format = {
  name: "json",
  structured: true,
  late: lateObject,
  cut: cutEvent,
  encode(event) {
    if (!event.canonical.startsWith('{"')) {
      throw new SyntaxError("the stored record is not a JSON object");
    }
    return `{"seq":${event.seq},${withBoundedMetadata(event).slice(1)}`;
  },
};

/** Metadata that some receiver could stumble over go as their own text: put back in their place, it gives the leaf. */
function withBoundedMetadata({ canonical, shortened }: DeliverableEvent): string {
  // Before all else: nearly all events end here.
  if (shortened || isPlainMetadata(canonical, startOfMetadata(canonical))) {
    return canonical;
  }
  const span = findMetadata(canonical);
  if (span === null) {
    return canonical;
  }
  const text = canonical.slice(span.start, span.end);
  const reason = metadataExcess(text);
  if (reason === null) {
    return canonical;
  }
  const metadata = JSON.stringify({ sark_json: text, sark_json_reason: reason });
  return `${canonical.slice(0, span.start)}${metadata}${canonical.slice(span.end)}`;
}
