const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const LINE_BREAK = 0x0a;
const END = Buffer.from("\n\n");

/** An event whose data is one JSON-RPC message. */
export function messageEvent(message: Buffer | string, eventId: string | null): Buffer {
  const head = eventId === null ? "event: message\ndata: " : `event: message\nid: ${eventId}\ndata: `;
  return typeof message === "string"
    ? Buffer.from(`${head}${message}\n\n`)
    : Buffer.concat([Buffer.from(head), onOneLine(message), END]);
}

/** How soon a client that lost its connection should come back, in milliseconds. */
const RETRY_MS = 1_000;

/** An event that carries only its id, so that a client can resume before anything happened. */
export function primingEvent(eventId: string): Buffer {
  return Buffer.from(`id: ${eventId}\nretry: ${RETRY_MS}\ndata: \n\n`);
}

/** Shows both sides that the connection is alive; parsers skip it. Sent where nothing else was for so long. */
export const KEEP_ALIVE_MS = 15_000;
export const KEEP_ALIVE_COMMENT = Buffer.from(": keepalive\n\n");

/** JSON allows line breaks between tokens only, so a space in their place changes nothing. */
export function onOneLine(json: Buffer): Buffer {
  if (!json.includes(CARRIAGE_RETURN) && !json.includes(LINE_BREAK)) {
    return json;
  }
  const line = Buffer.from(json);
  for (const [at, byte] of line.entries()) {
    if (byte === CARRIAGE_RETURN || byte === LINE_BREAK) {
      line[at] = SPACE;
    }
  }
  return line;
}
