import type { Readable } from "node:stream";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { UpstreamResponse } from "../../domain/upstream.ts";
import { MalformedResponse } from "../errors/malformed-response.ts";
import { createByteBuffer } from "../../event-streams/byte-buffer.ts";

/** So long the beginning of a response is waited for, to take it without a stream if it is all. */
export const WHOLE_WITHIN_MS = 5;
const DRAINED_BYTES = 64 * 1024;
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Reads a whole body of at most `maxBytes`, in however many pieces it comes, no faster than `room` is given for it. Destroys it and throws a
 * `MalformedResponse` when it is larger.
 */
export async function collect(
  response: Pick<UpstreamResponse, "body" | "takeWhole">,
  maxBytes: number,
  room?: (bytes: number) => Awaitable<void>,
): Promise<Buffer> {
  // Most responses are short, and come in one piece.
  const taking = response.takeWhole?.(WHOLE_WITHIN_MS) ?? null;
  const whole = taking instanceof Promise ? await taking : taking;
  if (whole !== null) {
    bound(whole.length, maxBytes);
    const waiting = room?.(whole.length);
    if (waiting instanceof Promise) {
      await waiting;
    }
    return whole;
  }
  /** Most bodies are one chunk, which is not copied. */
  let only: Buffer | null = null;
  const bytes = createByteBuffer();
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    length += chunk.length;
    bound(length, maxBytes);
    await room?.(chunk.length);
    if (length === chunk.length) {
      only = chunk;
      continue;
    }
    if (only !== null) {
      bytes.append(only);
      only = null;
    }
    bytes.append(chunk);
  }
  return only ?? bytes.take();
}

function bound(length: number, maxBytes: number): void {
  if (length > maxBytes) {
    throw new MalformedResponse(`The response is larger than ${maxBytes} bytes.`, "too_large");
  }
}

/** Reads what is not needed, so that the connection can be used again; gives up on what is large or slow. */
export function drain(body: Readable): void {
  let left = DRAINED_BYTES;
  const timer = setTimeout(() => body.destroy(), DRAIN_TIMEOUT_MS);
  timer.unref();
  body
    .on("error", () => {})
    .on("close", () => clearTimeout(timer))
    .on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) {
        body.destroy();
      }
    });
}
