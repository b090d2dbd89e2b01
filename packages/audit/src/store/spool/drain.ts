import { createReadStream } from "node:fs";
import { readLines } from "@sark/observability/lines";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import type { Written } from "../writing/write-batch.ts";
import { decodeLine } from "./line.ts";
import type { Segment } from "./segment-file.ts";
import type { Spool } from "./spool.ts";

const BATCH = 500;
const BATCH_CHARACTERS = 4 * 1024 * 1024;

/** An event of the spool and its line there. */
interface Spooled {
  readonly line: string;
  readonly event: AcceptedEvent;
}

/**
 * Moves what is spooled into the database, in order; a file is removed once all of it is there. A file that was moved in
 * part before a crash is read again from its start: `write` asks the database first, so that nothing stands there twice.
 * Rejects as `write` does; what is left waits for the next time.
 */
export async function drainSpool(
  spool: Spool,
  options: {
    write(batch: readonly AcceptedEvent[]): Promise<readonly Written[]>;
    onRecorded(event: AcceptedEvent, seq: bigint): void;
    /** A line was damaged, or the database refused it: it was put into quarantine. */
    onQuarantined(reason: string): void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  async function quarantine(line: string, reason: string): Promise<void> {
    await spool.quarantine(line, reason);
    options.onQuarantined(reason);
  }

  async function move(batch: readonly Spooled[]): Promise<void> {
    if (batch.length === 0) {
      return;
    }
    const results = await options.write(batch.map(({ event }) => event));
    for (const [index, { line, event }] of batch.entries()) {
      const result = results[index];
      if (typeof result === "bigint") {
        options.onRecorded(event, result);
      } else {
        await quarantine(line, result?.message ?? "The audit database said nothing of it.");
      }
    }
  }

  for (;;) {
    const segment = await spool.takeOldest();
    if (segment === null || options.signal.aborted) {
      return;
    }
    for await (const { batch, damaged } of readBatches(segment)) {
      for (const line of damaged) {
        await quarantine(line, "damaged: its checksum does not fit, or it holds no record");
      }
      await move(batch);
      if (options.signal.aborted) {
        return;
      }
    }
    await spool.remove(segment);
  }
}

async function* readBatches(
  segment: Segment,
): AsyncGenerator<{ readonly batch: readonly Spooled[]; readonly damaged: readonly string[] }> {
  let batch: Spooled[] = [];
  let damaged: string[] = [];
  let characters = 0;
  // No line is longer than its file.
  for await (const { bytes, ended } of readLines(createReadStream(segment.path), segment.bytes)) {
    // A last line without its end was cut off by a crash before its caller was told that it is kept.
    if (!ended) {
      continue;
    }
    const line = bytes.toString("utf8");
    const event = decodeLine(line);
    if (event === null) {
      damaged.push(line);
    } else {
      batch.push({ line, event });
    }
    characters += line.length;
    if (batch.length >= BATCH || characters >= BATCH_CHARACTERS) {
      yield { batch, damaged };
      batch = [];
      damaged = [];
      characters = 0;
    }
  }
  yield { batch, damaged };
}
