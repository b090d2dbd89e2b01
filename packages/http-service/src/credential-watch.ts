import type { FastifyReply, FastifyRequest } from "fastify";

/** Looks so often whether what a response was begun with is still good. */
const EVERY_MS = 5_000;

/**
 * For a response that lasts: a signal that is aborted when the credential of its request is not good any more, because its key was
 * withdrawn, its token has expired, or its certificate has ended or was revoked.
 */
export type CredentialWatch = (request: FastifyRequest, reply: Pick<FastifyReply, "raw">) => AbortSignal;

export function createCredentialWatch(
  isGood: (request: FastifyRequest) => boolean,
  everyMs: number = EVERY_MS,
): CredentialWatch {
  return (request, { raw }) => {
    const over = new AbortController();
    const timer = setInterval(() => {
      if (!isGood(request)) {
        clearInterval(timer);
        over.abort();
      }
    }, everyMs);
    timer.unref();
    if (raw.destroyed) {
      clearInterval(timer);
    } else {
      raw.once("close", () => clearInterval(timer));
    }
    return over.signal;
  };
}
