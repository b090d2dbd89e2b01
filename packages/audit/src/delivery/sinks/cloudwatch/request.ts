import type { DeliverableEvent } from "../../event.ts";
import type { Format } from "../../formats/format.ts";
import { encodeEntries, type Entry } from "../../packing/encode-entries.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import type { Preparation, PreparedRequest } from "../../sink.ts";
import { encodeMessage, isOutsideWindow } from "./encoder.ts";

/** Beside each event, at the same position, what is sent of it. */
export interface CloudWatchRequest extends PreparedRequest {
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

const MAX_BYTES = 1_048_576;
/** What CloudWatch charges for each event. */
const OVERHEAD = 26;
const MAX_ENTRIES = 10_000;
const MAX_SPAN_MS = 24 * 3_600_000 - 1;

type Dated = Entry & { readonly timestamp: number; readonly late: boolean };

/** Groups events by time, as CloudWatch wants them: in chronological order and within 24 hours. */
export function prepareCloudWatch(
  events: readonly DeliverableEvent[],
  format: Format,
  now: number,
  pastMs: number,
): Preparation<CloudWatchRequest> {
  const isLate = (event: DeliverableEvent) => isOutsideWindow(event.time, now, pastMs);
  const { entries, unsendable } = encodeEntries(
    events,
    (event) => encodeMessage(event, format, isLate(event)),
    MAX_BYTES - OVERHEAD,
  );
  const dated = entries.map((entry): Dated => {
    const late = isLate(entry.event);
    return { ...entry, late, timestamp: late ? now : entry.event.time };
  });
  dated.sort((a, b) => a.timestamp - b.timestamp);
  const limits = { maxEntries: MAX_ENTRIES, maxBytes: MAX_BYTES, overheadBytes: OVERHEAD };
  const groups = splitBySpan(dated).flatMap((days) => splitEntries(days, limits));
  return { requests: groups.map(toRequest), unsendable };
}

function splitBySpan(dated: readonly Dated[]): Dated[][] {
  const groups: Dated[][] = [];
  let group: Dated[] = [];
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

function toRequest(group: readonly Dated[]): CloudWatchRequest {
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
