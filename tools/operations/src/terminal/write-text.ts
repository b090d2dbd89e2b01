import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes text, and resolves when the one who reads has kept up: no more of an output is in memory than a stream holds. */
export async function writeText(stream: Writable, text: string): Promise<void> {
  if (text !== "" && !stream.write(text)) {
    await once(stream, "drain");
  }
}
