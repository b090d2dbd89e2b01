import type { Readable } from "node:stream";
import { createLineSplitter } from "@sark/observability/lines";
import { standardStream } from "@sark/observability/logging";

/** Longer than any line that a logger writes. */
const MAX_LINE = 1024 * 1024;

/**
 * Passes on what a worker writes, line by line: two processes that write to one pipe would write into each other's lines.
 * Resolves when the worker has closed it.
 */
export function relayLines(from: Readable, descriptor: 1 | 2): Promise<void> {
  const to = standardStream(descriptor);
  const pass = (line: Buffer) => {
    try {
      to.write(`${line.toString("utf8")}\n`, descriptor === 2);
    } catch {
      // There is no reader left: the worker's files have the line, where it writes any.
    }
  };
  const lines = createLineSplitter({ maxBytes: MAX_LINE }, pass, { begin: pass });
  from.on("data", (chunk: Buffer) => lines.push(chunk));
  return new Promise((resolve) => {
    from.once("close", () => {
      lines.end();
      resolve();
    });
  });
}
