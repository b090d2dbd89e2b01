import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { isBeyondCalendar } from "./encoder.ts";
import type { Preparation, PreparedRequest } from "../../domain/sink.ts";

export interface SyslogRequest extends PreparedRequest<DeliverableEvent> {
  readonly body: Buffer;
}

/** Of one write; syslog itself has no limit but that of a message. */
export const MAX_BYTES = 1024 * 1024;

/** Messages framed by octet counting (RFC 6587, RFC 5425): a line break within one does not end it. */
export function prepareSyslog(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent) => string,
  maxMessageBytes: number,
): Preparation<SyslogRequest> {
  const { entries, unsendable } = encodeEntries(events, { encode, cut: cutEvent }, maxMessageBytes);
  const limits = { maxEntries: Infinity, maxBytes: MAX_BYTES, overheadBytes: 8 };
  const requests = splitEntries(entries, limits).map((group) => {
    const body = Buffer.from(group.map(({ text, bytes }) => `${bytes} ${text}`).join(""));
    return {
      events: group.map(({ event }) => event),
      body,
      contentBytes: body.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: group.filter(({ event }) => isBeyondCalendar(event)).length,
    };
  });
  return { requests, unsendable };
}
