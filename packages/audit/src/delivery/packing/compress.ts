import { promisify } from "node:util";
import { gzip as gzipCallback, gzipSync } from "node:zlib";
import { z } from "zod";

const gzip = promisify(gzipCallback);

export const compressionSchema = z
  .enum(["gzip", "none"])
  .default("gzip")
  .describe("Whether request bodies are compressed.");
export type Compression = z.output<typeof compressionSchema>;

/** Level 1 takes a third of the default's time, and log lines still shrink to a sixth. */
const LEVEL = 1;

/**
 * Handing a request to another thread takes the main one nearly as long as compressing it there, and the machine twice
 * as long (`npm run bench -- delivery`); only above this many bytes it would keep the main thread from others' work for
 * more than a fraction of a millisecond.
 */
const AT_ONCE_BYTES = 128 * 1024;

export async function compress(content: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === "none") return content;
  return content.length <= AT_ONCE_BYTES
    ? gzipSync(content, { level: LEVEL })
    : gzip(content, { level: LEVEL });
}
