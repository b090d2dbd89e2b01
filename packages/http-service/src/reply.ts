import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { PIECE_BYTES, pieces } from "./pieces.ts";
import { sendStream } from "./send-stream.ts";

/** Aborted when the client leaves before its response is complete. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (reply.raw.destroyed) {
    controller.abort();
    return controller.signal;
  }
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) {
      controller.abort();
    }
  });
  return controller.signal;
}

/**
 * Sends a response whose body may be a stream. The head does not wait for the first event: a client that opens an event
 * stream waits for it. Nothing is buffered; a client that leaves destroys the body.
 */
export async function sendResponse(
  reply: FastifyReply,
  response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer | Readable | null;
  },
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  const { status, headers, body } = response;
  if (body instanceof Readable) {
    if (raw.destroyed) {
      body.destroy();
      return;
    }
    raw.writeHead(status, { ...headers });
    // The stages above have recorded why it ended.
    await sendStream(body, raw);
    return;
  }
  const hasBody = status !== 204 && status !== 304;
  raw.writeHead(status, { ...headers, ...(hasBody ? { "content-length": String(body?.length ?? 0) } : {}) });
  // As text of one byte a character a short body leaves in one piece with its head; a buffer would not.
  if (body !== null && body.length < ONE_PIECE) {
    raw.end(body.toString("latin1"), "latin1");
  } else if (body !== null && body.length > PIECE_BYTES) {
    await sendStream(Readable.from(pieces(body)), raw);
  } else {
    raw.end(body ?? undefined);
  }
}

/** Bytes up to which copying is cheaper than a second piece. */
const ONE_PIECE = 16 * 1024;
