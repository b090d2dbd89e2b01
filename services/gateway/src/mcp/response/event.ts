/** What goes with the data of an event. */
export interface EventFrame {
  readonly id?: string | null;
  readonly retry?: number | null;
}

/**
 * An event with a JSON-RPC message, in the one form that all readers of event streams understand alike, those that
 * keep to the standard and those that do not: known fields only, line feeds, and all data on one line.
 */
export function messageEvent(json: string, frame: EventFrame = {}): Buffer {
  return Buffer.from(`event: message\n${frameLines(frame)}data: ${onOneLine(json)}\n\n`, "utf8");
}

/** An event without a message: a place to come back to, a time after which to do so. */
export function bareEvent(frame: EventFrame, withData: boolean): Buffer {
  return Buffer.from(`${frameLines(frame)}${withData ? "data: \n" : ""}\n`, "utf8");
}

/** Shows that the connection is alive. What the server wrote into its own is not passed on. */
export const KEEP_ALIVE = Buffer.from(": keep-alive\n\n");

function frameLines({ id = null, retry = null }: EventFrame): string {
  return `${id === null ? "" : `id: ${id}\n`}${retry === null ? "" : `retry: ${retry}\n`}`;
}

/** Line ends, and what some readers take for line ends (Python's `splitlines`, JavaScript before 2019). */
const LINE_ENDS = /[\n\r\u0085\u2028\u2029]/g;

/** Valid JSON has raw line ends between its tokens only; the others can also stand in strings, where they can be escaped. */
function onOneLine(json: string): string {
  return json.replace(LINE_ENDS, (end) =>
    end === "\n" || end === "\r" ? " " : `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
