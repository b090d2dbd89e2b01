import { Readable } from "node:stream";
import { pieces } from "@sark/http-service";

const BUFFERED_BYTES = 16 * 1024;

/**
 * A byte stream of what a generator yields, which asks for no more than its reader takes. Unlike `Readable.from`
 * it notices at once that it was destroyed, even while the generator waits for something: `closed` runs then.
 * It also runs after a normal end.
 */
export function streamFrom(source: AsyncGenerator<Buffer>, closed: () => void): Readable {
  const stream = new Readable({
    highWaterMark: BUFFERED_BYTES,
    read() {
      source.next().then(
        ({ done, value }) => (done === true ? stream.push(null) : pushAll(stream, value)),
        (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, callback) {
      closed();
      stop(source);
      callback(error);
    },
  });
  return stream;
}

function pushAll(stream: Readable, chunk: Buffer): void {
  for (const piece of pieces(chunk)) {
    stream.push(piece);
  }
}

/** What it would still yield has nowhere to go. */
function stop(source: AsyncGenerator<Buffer>): void {
  source.return(undefined).catch(() => {});
}
