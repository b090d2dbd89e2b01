import { createReadStream } from "node:fs";
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
 * Moves what is spooled into the database, in order; a file goes once all of it is there. A file that was moved in
 * part before a crash is gone through again: `write` asks the database first, so that nothing stands there twice.
 * Rejects as `write` does; what is left waits for the next time.
 */
export async function drainSpool(
  spool: Spool,
  options: {
    write(batch: readonly AcceptedEvent[]): Promise<readonly Written[]>;
    onRecorded(event: AcceptedEvent, seq: bigint): void;
    /** A line was damaged, or the database refused it: it was set aside. */
    onSetAside(reason: string): void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  async function setAside(line: string, reason: string): Promise<void> {
    await spool.setAside(line, reason);
    options.onSetAside(reason);
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
        await setAside(line, result?.message ?? "The audit database gave no answer for it.");
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
        await setAside(line, "damaged: its checksum does not fit, or it holds no record");
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
  for await (const line of readLines(segment.path)) {
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

/**
 * Lines by "\n" alone: `readline` also splits at U+2028, which JSON may contain. A last line without its end was cut
 * off by a crash before anybody was told that it is kept: it is passed over.
 */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "utf8" }) as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
