/** One response, as a client that keeps to RFC 9112 reads it. */
export interface WireResponse {
  readonly status: number;
  /** Lower-case names, each value of a repeated one. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  /** The connection ended within it. */
  readonly truncated: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e]*$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/;

/** All responses of a connection, in order, without interim ones. Throws where the bytes are no responses. */
export function readResponses(bytes: Buffer, toHead: boolean): WireResponse[] {
  const text = bytes.toString("latin1");
  const responses: WireResponse[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end === -1) {
      throw new Error(`what is no head: ${JSON.stringify(text.slice(at, at + 200))}`);
    }
    const { status, headers } = readHead(text.slice(at, end));
    at = end + 4;
    if (status < 200) {
      continue;
    }
    // What cannot be read as a request is not known to be one for a head.
    const bodiless = (toHead && text[at] !== "{") || status === 204 || status === 304;
    const { body, next, truncated } = bodiless
      ? { body: "", next: at, truncated: false }
      : readBody(text, at, headers);
    responses.push({ status, headers, body: Buffer.from(body, "latin1").toString("utf8"), truncated });
    at = next;
  }
  return responses;
}

function readHead(text: string): Pick<WireResponse, "status" | "headers"> {
  const [first = "", ...lines] = text.split("\r\n");
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) {
    throw new Error(`what is no status line: ${JSON.stringify(first.slice(0, 200))}`);
  }
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`what is no header: ${JSON.stringify(line.slice(0, 200))}`);
    }
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
  }
  return { status: Number(status), headers };
}

function readBody(
  text: string,
  at: number,
  headers: WireResponse["headers"],
): { body: string; next: number; truncated: boolean } {
  const lengths = headers.get("content-length") ?? [];
  const codings = headers.get("transfer-encoding") ?? [];
  if (lengths.length + codings.length !== 1) {
    throw new Error(`${lengths.length} lengths and ${codings.length} codings`);
  }
  if (codings.length === 1) {
    return readChunks(text, at);
  }
  const length = Number(lengths[0]);
  const body = text.slice(at, at + length);
  return { body, next: at + length, truncated: body.length < length };
}

function readChunks(text: string, from: number): { body: string; next: number; truncated: boolean } {
  let body = "";
  let at = from;
  for (;;) {
    const end = text.indexOf("\r\n", at);
    const size = end === -1 ? Number.NaN : Number.parseInt(text.slice(at, end), 16);
    if (Number.isNaN(size)) {
      return { body, next: text.length, truncated: true };
    }
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
    if (at > text.length) {
      return { body, next: text.length, truncated: true };
    }
    if (size === 0) {
      return { body, next: at, truncated: false };
    }
  }
}
