import type { Readable } from "node:stream";
import { MalformedAnswer } from "../errors/upstream-failure.ts";

/** Reads a whole body of at most `maxBytes`. Destroys it and throws a `MalformedAnswer` when it is larger. */
export async function collect(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes)
      throw new MalformedAnswer(`The answer is larger than ${maxBytes} bytes.`, "too_large");
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

/** Lets go of a body that nobody needs, without a word when it fails. */
export function discard(body: Readable): void {
  body.on("error", () => {});
  body.destroy();
}
