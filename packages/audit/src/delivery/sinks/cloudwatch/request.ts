import type { Deliverable } from "../../domain/deliverable.ts";
import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Encoding } from "../../domain/encoding.ts";
import { encodeEntries, type Entry } from "../../packing/encode-entries.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import type { Preparation, PreparedRequest } from "../../domain/sink.ts";
import { encodeMessage, isOutsideWindow } from "./encoder.ts";

/** For each event, at the same position, what is sent of it. */
export interface CloudWatchRequest<E extends Deliverable = DeliverableEvent> extends PreparedRequest<E> {
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

export const MAX_BYTES = 1_048_576;
/** What CloudWatch charges for each event. */
const OVERHEAD = 26;
export const MAX_MESSAGE_BYTES = MAX_BYTES - OVERHEAD;
/** The limit of an event until 2025; what emulates CloudWatch often still holds it. */
export const FORMER_MAX_MESSAGE_BYTES = 262_144 - OVERHEAD;
export const MAX_ENTRIES = 10_000;
const MAX_SPAN_MS = 24 * 3_600_000 - 1;

type Dated<E extends Deliverable> = Entry<E> & { readonly timestamp: number; readonly late: boolean };

/** Groups events by time, as CloudWatch wants them: in chronological order and within 24 hours. */
export function prepareCloudWatch<E extends Deliverable>(
  events: readonly E[],
  format: Encoding<E>,
  now: number,
  { pastMs, maxMessageBytes }: { readonly pastMs: number; readonly maxMessageBytes: number },
): Preparation<CloudWatchRequest<E>> {
  const isLate = (event: E) => isOutsideWindow(event.time, now, pastMs);
  const { entries, unsendable } = encodeEntries(
    events,
    { encode: (event) => encodeMessage(event, format, isLate(event)), cut: format.cut },
    maxMessageBytes,
  );
  const dated = entries.map((entry): Dated<E> => {
    const late = isLate(entry.event);
    return { ...entry, late, timestamp: late ? now : entry.event.time };
  });
  dated.sort((a, b) => a.timestamp - b.timestamp);
  const limits = { maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES, overheadBytes: OVERHEAD };
  const groups = splitBySpan(dated).flatMap((days) => splitEntries(days, limits));
  return { requests: groups.map(toRequest), unsendable };
}

function splitBySpan<E extends Deliverable>(dated: readonly Dated<E>[]): Dated<E>[][] {
  const groups: Dated<E>[][] = [];
  let group: Dated<E>[] = [];
  for (const entry of dated) {
    const [first] = group;
    if (first === undefined || entry.timestamp - first.timestamp > MAX_SPAN_MS) {
      group = [];
      groups.push(group);
    }
    group.push(entry);
  }
  return groups;
}

function toRequest<E extends Deliverable>(group: readonly Dated<E>[]): CloudWatchRequest<E> {
  const bytes = group.reduce((sum, entry) => sum + entry.bytes, 0);
  return {
    events: group.map(({ event }) => event),
    logEvents: group.map(({ timestamp, text }) => ({ timestamp, message: text })),
    // The protocol has no compression.
    contentBytes: bytes,
    sentBytes: bytes,
    cut: group.filter(({ cut }) => cut).length,
    late: group.filter(({ late }) => late).length,
  };
}
