import { toDeliverableEvent, type DeliverableEvent } from "../event.ts";

/** Longest reason that a cut event keeps, in characters. */
const REASON = 1_000;

/**
 * The event without its payload, of which an excerpt of `excerptBytes` stays, and which says so:
 * `metadata.sark_cut` is the payload's size in bytes. Who needs the whole finds it in the store by its id.
 */
export function cutEvent(event: DeliverableEvent, excerptBytes: number): DeliverableEvent {
  const { record } = event;
  const payload = JSON.stringify(record.metadata);
  const excerpt = sliceBytes(payload, excerptBytes);
  const metadata = {
    sark_cut: Buffer.byteLength(payload),
    ...(excerpt === "" ? {} : { sark_excerpt: excerpt }),
  };
  // Not with half a character at its end.
  const reason = record.reason.slice(0, REASON).replace(/[\uD800-\uDBFF]$/, "");
  return toDeliverableEvent(event.seq, event.id, JSON.stringify({ ...record, reason, metadata }));
}

/** The longest beginning of a text that fits, without half a character at its end. */
export function sliceBytes(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  return new TextDecoder("utf-8").decode(whole.subarray(0, bytes), { stream: true });
}
