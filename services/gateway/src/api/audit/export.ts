import { Readable } from "node:stream";
import type { OfferedFormat } from "./parameters.ts";

const FORMATS: Readonly<Record<OfferedFormat, { readonly type: string; readonly file: string }>> = {
  jsonl: { type: "application/jsonl; charset=utf-8", file: "audit.jsonl" },
  csv: { type: "text/csv; charset=utf-8", file: "audit.csv" },
  verifiable: { type: "application/jsonl; charset=utf-8", file: "audit-verifiable.jsonl" },
};

/**
 * A response that is read from the database as fast as the client takes it. The first chunk is read before the head
 * goes out, so that an error still has a status; one after that cuts the response off, which clients see.
 */
export async function openExport(chunks: AsyncIterable<string | Buffer>, format: OfferedFormat) {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();

  async function* all(): AsyncGenerator<string | Buffer, void, void> {
    try {
      if (first.done !== true) {
        yield first.value;
      }
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) {
          return;
        }
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  return {
    headers: {
      "content-type": FORMATS[format].type,
      "content-disposition": `attachment; filename="${FORMATS[format].file}"`,
    },
    body: Readable.from(all(), { objectMode: false, highWaterMark: 64 * 1024 }),
  };
}
