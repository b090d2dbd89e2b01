import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";

const MAX_OUTPUT = 256 * 1024 * 1024;
const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) };

export interface RequestBody {
  /** As it came over the wire. */
  readonly sent: Buffer;
  /** Decompressed; `null` when it cannot be, or when the encoding is not one of `encodings`. */
  readonly content: Buffer | null;
}

/** Reads and decompresses a request. Rejects when the client goes away before its end. */
export async function readBody(
  req: IncomingMessage,
  encodings: readonly (keyof typeof decoders)[],
): Promise<RequestBody> {
  const sent = await buffer(req);
  const encoding = req.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") {
    return { sent, content: sent };
  }
  const known = encodings.find((name) => name === encoding);
  if (known === undefined) {
    return { sent, content: null };
  }
  const content = await decoders[known](sent, { maxOutputLength: MAX_OUTPUT }).catch(() => null);
  return { sent, content };
}
