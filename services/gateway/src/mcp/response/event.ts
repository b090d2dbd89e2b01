/** The parts of a server-sent event that MCP uses. */
export interface ServerSentEvent {
  /** All `data` lines, joined by line feeds; `null` when there is none (a comment, a keep-alive). */
  readonly data: string | null;
  /** Event type; `message` unless said otherwise. */
  readonly type: string;
  readonly hasId: boolean;
}

const LINE_END = /\r\n|\n|\r/;

/** Reads one event, as a whole, by the rules of the HTML standard. */
export function readEvent(raw: Buffer): ServerSentEvent {
  const data: string[] = [];
  let type = "message";
  let hasId = false;
  for (const line of lines(raw)) {
    const [field, value] = splitField(line);
    if (field === "data") data.push(value);
    else if (field === "event" && value !== "") type = value;
    else if (field === "id" && value !== "") hasId = true;
  }
  return { data: data.length === 0 ? null : data.join("\n"), type, hasId };
}

/** The same event with other data; its id, type and retry time stay as they were. */
export function withData(raw: Buffer, data: string): Buffer {
  const kept = lines(raw).filter((line) => line !== "" && splitField(line)[0] !== "data");
  return Buffer.from([...kept, `data: ${data}`, "", ""].join("\n"), "utf8");
}

/** A new event with a JSON-RPC message. */
export function messageEvent(text: string): Buffer {
  return Buffer.from(`event: message\ndata: ${text}\n\n`, "utf8");
}

/** A byte order mark may open a stream and is no part of its first line. */
function lines(raw: Buffer): readonly string[] {
  return raw
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split(LINE_END);
}

function splitField(line: string): readonly [field: string, value: string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  return [line.slice(0, colon), line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)];
}
