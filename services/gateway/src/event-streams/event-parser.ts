import { isUtf8 } from "node:buffer";
import { createByteBuffer } from "./byte-buffer.ts";

/** What one event of a stream says, in the reading of the HTML standard (server-sent events). */
export interface ServerSentEvent {
  /** All `data` lines, joined by line feeds; `null` when there is none. */
  readonly data: string | null;
  /** Its type is `message`: the only one that clients take messages from. */
  readonly isMessage: boolean;
  /** The id it sets, `""` to clear the one before; `null` when it sets none that a client could send back. */
  readonly id: string | null;
  /** Milliseconds after which to reconnect. */
  readonly retry: number | null;
}

/** A comment, which servers send to keep a connection alive. */
export const COMMENT = "comment";

export interface EventParser {
  /** What this chunk completes. Throws what `malformed` makes. An event that is never completed is never given out. */
  push(chunk: Buffer): readonly (ServerSentEvent | typeof COMMENT)[];
  /** Bytes of what is not complete. */
  held(): number;
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * What can travel in a `Last-Event-ID` header unchanged, and in which no reader finds a message, wherever in a line it
 * looks for one: visible ASCII without quotes and braces.
 */
const EVENT_ID = /^[!#-&(-z|~]{0,1024}$/;
/** Timers cannot hold more. */
const MAX_RETRY_MS = 2_147_483_647;

/**
 * Reads a byte stream as the standard does. `maxBytes`: the data of one event and a line that is not complete;
 * more is an error at once.
 *
 * @param malformed makes what is thrown of a stream that cannot be read
 */
export function createEventParser(
  maxBytes: number,
  malformed: (message: string, isTooLarge: boolean) => Error,
): EventParser {
  const line = createByteBuffer();
  /** Most events have one line of data: it is copied only when another follows. */
  let firstData: Buffer | null = null;
  const data = createByteBuffer();
  let dataLines = 0;
  let type = "";
  let id: string | null = null;
  let retry: number | null = null;
  let atStart = true;
  /** The last byte was a CR: an LF that follows belongs to it. */
  let afterCr = false;

  function held(): number {
    return (firstData?.length ?? 0) + data.length + line.length;
  }

  function bound(): void {
    if (held() <= maxBytes) {
      return;
    }
    throw malformed(`An event is larger than ${maxBytes} bytes.`, true);
  }

  function dispatch(): ServerSentEvent | null {
    const empty = dataLines === 0 && id === null && retry === null;
    const bytes = firstData ?? data.take();
    if (dataLines > 0 && !isUtf8(bytes)) {
      throw malformed("An event is not UTF-8.", false);
    }
    const isMessage = type === "" || type === "message";
    const event = { data: dataLines === 0 ? null : bytes.toString("utf8"), isMessage, id, retry };
    [firstData, dataLines, type, id, retry] = [null, 0, "", null, null];
    return empty ? null : event;
  }

  function addData(value: Buffer): void {
    if (dataLines === 0) {
      firstData = value;
    } else {
      if (firstData !== null) {
        data.append(firstData);
      }
      firstData = null;
      data.append(LINE_FEED);
      data.append(value);
    }
    dataLines += 1;
    bound();
  }

  function take(field: string, value: Buffer): void {
    switch (field) {
      case "data":
        addData(value);
        break;
      case "event":
        type = value.subarray(0, MAX_FIELD).toString("utf8");
        break;
      case "id": {
        const text = value.subarray(0, MAX_ID).toString("latin1");
        if (EVENT_ID.test(text)) {
          id = text;
        }
        break;
      }
      case "retry":
        retry = readRetry(value.subarray(0, MAX_FIELD).toString("latin1")) ?? retry;
        break;
      default:
    }
  }

  /** One line without its end. */
  function read(whole: Buffer): ServerSentEvent | typeof COMMENT | null {
    const bytes = atStart && whole.subarray(0, 3).equals(BYTE_ORDER_MARK) ? whole.subarray(3) : whole;
    atStart = false;
    if (bytes.length === 0) {
      return dispatch();
    }
    const colon = bytes.indexOf(COLON);
    if (colon === 0) {
      return COMMENT;
    }
    const end = colon < 0 ? bytes.length : colon;
    if (end > MAX_FIELD) {
      return null;
    }
    const from = colon < 0 ? end : bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
    take(bytes.toString("latin1", 0, end), bytes.subarray(from));
    return null;
  }

  return {
    held,
    push(chunk) {
      const found: (ServerSentEvent | typeof COMMENT)[] = [];
      const nextLineEnd = lineEndFinder(chunk);
      let start = afterCr && chunk[0] === LF ? 1 : 0;
      if (chunk.length > 0) {
        afterCr = false;
      }
      for (let end = nextLineEnd(start); end >= 0; end = nextLineEnd(start)) {
        const rest = chunk.subarray(start, end);
        if (line.length > 0) {
          line.append(rest);
        }
        const item = read(line.length > 0 ? line.take() : rest);
        // Of comments one after another one is enough.
        if (item !== null && !(item === COMMENT && found.at(-1) === COMMENT)) {
          found.push(item);
        }
        start = end + 1;
        if (chunk[end] !== CR) {
          continue;
        }
        if (chunk[start] === LF) {
          start += 1;
        } else {
          afterCr = start === chunk.length;
        }
      }
      line.append(chunk.subarray(start));
      bound();
      return found;
    },
  };
}

/** No field of the standard, and no type that counts, is longer. */
const MAX_FIELD = 32;
/** One more than an id may have, so that a longer one is seen to be. */
const MAX_ID = 1_025;
const LINE_FEED = Buffer.from([LF]);

function readRetry(text: string): number | null {
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), MAX_RETRY_MS) : null;
}

/** Finds line ends from left to right, looking at every byte once for each kind. */
function lineEndFinder(chunk: Buffer): (from: number) => number {
  let lf = chunk.indexOf(LF);
  let cr = chunk.indexOf(CR);
  return (from) => {
    if (lf >= 0 && lf < from) {
      lf = chunk.indexOf(LF, from);
    }
    if (cr >= 0 && cr < from) {
      cr = chunk.indexOf(CR, from);
    }
    return lf < 0 || cr < 0 ? Math.max(lf, cr) : Math.min(lf, cr);
  };
}
