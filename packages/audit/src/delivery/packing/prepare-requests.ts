import type { Compression } from "../domain/compression.ts";
import type { Deliverable } from "../domain/deliverable.ts";
import type { Preparation, PreparedRequest } from "../domain/sink.ts";
import { compress } from "./compress.ts";
import { encodeEntries, type EntryEncoding } from "./encode-entries.ts";
import type { SizeLimits } from "./size-limits.ts";
import { splitEntries } from "./split-entries.ts";
import { limitsWithin, writeContent, type Frame } from "./write-content.ts";

/** A request whose body is one text with the events in it. */
export interface FramedRequest<E extends Deliverable = Deliverable> extends PreparedRequest<E> {
  /** Before compression. */
  readonly content: Buffer;
  /** As it is sent. */
  readonly body: Buffer;
}

/** What requests to a receiver look like. */
export interface RequestForm<E extends Deliverable> {
  readonly encoding: EntryEncoding<E>;
  readonly frame: Frame;
  readonly compression: Compression;
  readonly limits: SizeLimits;
  /** Events in one request; as many as its bytes allow where it is not given. */
  readonly maxEntries?: number;
  /** Whether an event is too old for the receiver, so that it was written with the present time. */
  isLate?(event: E): boolean;
}

/** Encodes events, in order, and puts them into as many requests as the limits take. */
export async function prepareRequests<E extends Deliverable>(
  events: readonly E[],
  { encoding, frame, compression, limits, maxEntries = Infinity, isLate = () => false }: RequestForm<E>,
): Promise<Preparation<FramedRequest<E>>> {
  const { entries, unsendable } = encodeEntries(events, encoding, limits.maxEntryBytes);
  const groups = splitEntries(entries, limitsWithin(frame, { maxEntries, maxBytes: limits.maxBytes }));
  const requests = groups.map(async (group) => {
    const content = writeContent(group, frame);
    const body = await compress(content, compression);
    return {
      events: group.map(({ event }) => event),
      content,
      body,
      contentBytes: content.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: group.filter(({ event }) => isLate(event)).length,
    };
  });
  return { requests: await Promise.all(requests), unsendable };
}
