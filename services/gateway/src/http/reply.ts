import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** Aborts when the client goes away before its answer is complete. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Sends an answer whose body may be a stream. The head goes out at once, before the first event: a client
 * that opens an event stream waits for it. Nothing is buffered; a client that goes away destroys the body.
 */
export async function sendAnswer(
  reply: FastifyReply,
  answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer | Readable | null;
  },
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  if (raw.destroyed) {
    if (answer.body !== null && !(answer.body instanceof Buffer)) answer.body.destroy();
    return;
  }
  if (answer.body === null || answer.body instanceof Buffer) {
    const length = answer.body?.length ?? 0;
    raw.writeHead(answer.status, { ...answer.headers, "content-length": String(length) });
    raw.end(answer.body ?? undefined);
    return;
  }
  raw.writeHead(answer.status, { ...answer.headers });
  raw.flushHeaders();
  // Either end failing ends the other; the stages above have recorded why.
  await pipeline(answer.body, raw).catch(() => raw.destroy());
}
