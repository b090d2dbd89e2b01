import { sliceBytes, sliceCharacters } from "../packing/slice-text.ts";
import { toDeliverableEvent, type DeliverableEvent } from "./deliverable-event.ts";

/** Longest reason that a cut event keeps, in characters. */
const REASON = 1_000;
/** The same, and the policies that it names, where nothing of the payload fits. */
const SHORT_REASON = 100;
const FEW_POLICIES = 4;

/**
 * The event without its payload, of which an excerpt of `excerptBytes` stays, and which says so:
 * `metadata.sark_cut` is the payload's size in bytes. Who needs the whole finds it in the store by its id. Without an
 * excerpt, what else may be long is shortened, too; who did what where stays as it is.
 */
export function cutEvent(event: DeliverableEvent, excerptBytes: number): DeliverableEvent {
  const { record } = event;
  const payload = event.metadataText;
  const excerpt = sliceBytes(payload, excerptBytes);
  const metadata = {
    sark_cut: Buffer.byteLength(payload),
    ...(excerpt === "" ? {} : { sark_excerpt: excerpt }),
  };
  const reason = sliceCharacters(record.reason, excerptBytes === 0 ? SHORT_REASON : REASON);
  const { policy } = record;
  const policies =
    excerptBytes === 0 && policy !== undefined && policy.ids.length > FEW_POLICIES
      ? { policy: { ...policy, ids: [...policy.ids.slice(0, FEW_POLICIES), "…"] } }
      : {};
  const cut = { ...record, reason, ...policies, metadata };
  return toDeliverableEvent(event.seq, event.id, JSON.stringify(cut), true);
}
