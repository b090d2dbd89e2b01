import { sliceBytes } from "../../packing/slice-text.ts";

/** One of more than 32,766 bytes makes Lucene, and with it Elasticsearch and OpenSearch, refuse the whole event. */
const MAX_BYTES = 32_000;

/** Text that fits into an index of whole values. */
export function keyword(text: string): string {
  return sliceBytes(text, MAX_BYTES);
}

/**
 * Metadata as text, which stores with typed fields need: keys that callers choose would grow the index's mapping without
 * bound, and a type that one caller chose makes the store refuse another's. `metadata_bytes` says that they are cut.
 */
export function metadataFields(metadata: string): {
  readonly metadata: string;
  readonly metadata_bytes?: number;
} {
  const kept = keyword(metadata);
  return kept === metadata ? { metadata } : { metadata: kept, metadata_bytes: Buffer.byteLength(metadata) };
}
