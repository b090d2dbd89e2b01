import type { DeliverableEvent } from "../../event.ts";
import type { Format } from "../../formats/format.ts";
import { compress, type Compression } from "../../packing/compress.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { writeContent, type Frame } from "../../packing/write-content.ts";
import type { Preparation, PreparedRequest } from "../../sink.ts";

export interface WebhookRequest extends PreparedRequest {
  /** Before compression: what is signed. */
  readonly content: Buffer;
  readonly body: Buffer;
}

/** Modest, because the receiver's limits are not known. */
const MAX_BYTES = 1024 * 1024;
const MAX_ENTRY_BYTES = 512 * 1024;

const ARRAY: Frame = { opening: "[", separator: ",", closing: "]" };
const LINES: Frame = { separator: "\n", closing: "\n" };

/** A JSON array of events, or lines where the format is no JSON. */
export async function prepareWebhook(
  events: readonly DeliverableEvent[],
  format: Format,
  compression: Compression,
): Promise<Preparation<WebhookRequest>> {
  const { entries, unsendable } = encodeEntries(events, format, MAX_ENTRY_BYTES);
  const limits = { maxEntries: Infinity, maxBytes: MAX_BYTES, overheadBytes: 1 };
  const requests = splitEntries(entries, limits).map(async (group) => {
    const content = writeContent(group, format.structured ? ARRAY : LINES);
    const body = await compress(content, compression);
    return {
      events: group.map(({ event }) => event),
      content,
      body,
      contentBytes: content.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: 0,
    };
  });
  return { requests: await Promise.all(requests), unsendable };
}
