import { Readable } from "node:stream";
import type { ExportFormat } from "@sark/audit";

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  jsonl: "application/jsonl; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};

/**
 * An answer that is read from the database as fast as the client takes it. The first chunk is read before the head
 * goes out, so that an error still has a status; one after that cuts the answer off, which clients see.
 */
export async function openExport(chunks: AsyncIterable<string>, format: ExportFormat) {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();

  async function* all(): AsyncGenerator<string, void, void> {
    try {
      if (first.done !== true) yield first.value;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  return {
    status: 200,
    headers: {
      "content-type": CONTENT_TYPES[format],
      "content-disposition": `attachment; filename="audit.${format}"`,
      "cache-control": "no-store",
    },
    body: Readable.from(all(), { objectMode: false, highWaterMark: 64 * 1024 }),
  };
}
