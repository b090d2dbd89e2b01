import type { IncomingMessage } from "node:http";
import type { RequestShare } from "./caller-shares.ts";
import { HttpError } from "./errors.ts";

const FIRST_BYTES = 16 * 1024;

export interface BodyBounds {
  readonly maxBytes: number;
  /** Of the request, whose caller is known by now. */
  readonly share: RequestShare;
}

/** Takes room for the body, as far as the head tells its length. Throws 413 where it says that it is too large. */
export function admitBody(request: IncomingMessage, { maxBytes, share }: BodyBounds): void {
  const length = declaredLength(request);
  if (length === null) return;
  if (length > maxBytes) throw tooLarge();
  share.take(length);
}

/** Reads a body that was admitted; one whose length was not said takes its room as it comes. */
export async function readBody(request: IncomingMessage, { maxBytes, share }: BodyBounds): Promise<Buffer> {
  const declared = declaredLength(request);
  let body = Buffer.alloc(0);
  let length = 0;
  // Copied piece by piece: a body in a million pieces must not become a million objects.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (length === 0 && chunk.length === declared) return chunk;
    const needed = length + chunk.length;
    if (needed > maxBytes) throw tooLarge();
    if (needed > body.length) {
      const size = declared ?? Math.min(maxBytes, Math.max(FIRST_BYTES, 2 * needed));
      if (declared === null) share.take(size - body.length);
      const grown = Buffer.allocUnsafe(size);
      body.copy(grown, 0, 0, length);
      body = grown;
    }
    chunk.copy(body, length);
    length = needed;
  }
  return body.subarray(0, length);
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

function tooLarge(): HttpError {
  return new HttpError(413, "payload_too_large", "The request body is larger than http.maxBodyBytes.");
}
