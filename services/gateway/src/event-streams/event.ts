import { bytesOnOneLine, textOnOneLine } from "@sark/json";

/** What goes with the data of an event. */
export interface EventFrame {
  readonly id?: string | null;
  readonly retry?: number | null;
}

const END = Buffer.from("\n\n");

/**
 * An event with a JSON-RPC message, in the one form that all readers of event streams understand alike, those that
 * keep to the standard and those that do not: known fields only, line feeds, and all data on one line. Bytes are left as
 * they came but for their line ends: for readers that keep to the standard.
 */
export function messageEvent(json: string | Buffer, frame: EventFrame = {}): Buffer {
  const head = `event: message\n${frameLines(frame)}data: `;
  return typeof json === "string"
    ? Buffer.from(`${head}${textOnOneLine(json)}\n\n`, "utf8")
    : Buffer.concat([Buffer.from(head), bytesOnOneLine(json), END]);
}

/** An event without a message: a place to come back to, a time after which to do so. */
export function bareEvent(frame: EventFrame, withData: boolean): Buffer {
  return Buffer.from(`${frameLines(frame)}${withData ? "data: \n" : ""}\n`, "utf8");
}

/** A comment, which shows that the connection is alive. What a server wrote into its own is not passed on. */
export const KEEP_ALIVE = Buffer.from(": keep-alive\n\n");

/** The last event of a stream that the gateway ends: its client is to open another one, in a second. */
export const CONNECT_AGAIN = bareEvent({ retry: 1_000 }, false);

function frameLines({ id = null, retry = null }: EventFrame): string {
  return `${id === null ? "" : `id: ${id}\n`}${retry === null ? "" : `retry: ${retry}\n`}`;
}
