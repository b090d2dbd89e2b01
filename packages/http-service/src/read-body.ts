import type { IncomingMessage } from "node:http";
import type { RequestShare } from "./caller-shares.ts";
import { TransportError } from "./transport-error.ts";

const FIRST_BYTES = 16 * 1024;

/**
 * Pieces of a body that may be tiny, and what the average of more must have. A chunk of one byte costs the thread as much as one
 * of thousands, and 64 KiB have ten thousand of them: without an end they would take it from all others.
 */
export const MAX_TINY_PIECES = 16 * 1024;
const TINY_BYTES = 16;

export interface BodyBounds {
  readonly maxBytes: number;
  /** Of the request, whose caller is known by now. */
  readonly share: RequestShare;
}

/** Takes room for the body, as far as the head tells its length. Throws 413 where it says that it is too large. */
export function admitBody(request: IncomingMessage, { maxBytes, share }: BodyBounds): void {
  const length = declaredLength(request);
  if (length === null) {
    return;
  }
  if (length > maxBytes) {
    throw tooLarge();
  }
  share.take(length);
}

/**
 * Reads a body that was admitted; one whose length was not said takes its room as it comes. By events: an iterator makes
 * an error with its stack for each body that it is not asked for the end of, and takes the socket from the request.
 */
export function readBody(request: IncomingMessage, { maxBytes, share }: BodyBounds): Promise<Buffer> {
  const declared = declaredLength(request);
  let body: Buffer = Buffer.alloc(0);
  let length = 0;
  let pieces = 0;

  function append(chunk: Buffer): void {
    if (length === 0 && chunk.length === declared) {
      body = chunk;
      length = declared;
      return;
    }
    pieces += 1;
    if (pieces > MAX_TINY_PIECES && length < pieces * TINY_BYTES) {
      throw new TransportError("invalid_request", "The request body comes in too many tiny chunks.");
    }
    // Copied piece by piece: a body in a million pieces must not become a million objects.
    const needed = length + chunk.length;
    if (needed > maxBytes) {
      throw tooLarge();
    }
    if (needed > body.length) {
      const size = declared ?? Math.min(maxBytes, Math.max(FIRST_BYTES, 2 * needed));
      if (declared === null) {
        share.take(size - body.length);
      }
      const grown = Buffer.allocUnsafe(size);
      body.copy(grown, 0, 0, length);
      body = grown;
    }
    chunk.copy(body, length);
    length = needed;
  }

  return new Promise((resolve, reject) => {
    if (request.destroyed) {
      throw new ClientLeft();
    }
    function onData(chunk: Buffer): void {
      try {
        append(chunk);
      } catch (error) {
        fail(error);
      }
    }
    function onEnd(): void {
      release();
      resolve(body.subarray(0, length));
    }
    function fail(error: unknown): void {
      release();
      body = Buffer.alloc(0);
      // What still comes is thrown away, until its connection ends.
      request.resume();
      reject(error);
    }
    const onClose = (): void => fail(new ClientLeft());
    // A request has no other: Node says that its connection was reset.
    const onError = onClose;
    function release(): void {
      request.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
    }
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/** The body may have arrived as a whole by then: it was not read yet, and no client waits for its response. */
export class ClientLeft extends Error {
  override readonly name = "ClientLeft";

  constructor() {
    super("the client left before its body was read");
  }
}

/** Whether a body follows the head. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || (declaredLength(request) ?? 0) > 0;
}

/** `null` where the head does not say. The parser has refused what is no number. */
export function declaredLength({ headers }: IncomingMessage): number | null {
  const length = headers["content-length"];
  return length === undefined || headers["transfer-encoding"] !== undefined ? null : Number(length);
}

function tooLarge(): TransportError {
  return new TransportError("payload_too_large", "The request body is larger than http.maxBodySize.");
}
