import { wait } from "@sark/observability/waiting";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import type { AuditObserver } from "../../observer.ts";
import { isDown } from "../writing/when-down.ts";
import type { Written } from "../writing/write-batch.ts";
import { drainSpool } from "./drain.ts";
import { openSpool, type SpoolSettings } from "./spool.ts";

/** The spool and what empties it. */
export interface Spooler {
  /** Resolves once the event is on the disk. Rejects with `spool_failed` or `overloaded`. */
  append(event: AcceptedEvent): Promise<void>;
  /** Resolves when a record of a call would be taken, as far as can be told; rejects with `spool_failed`. */
  check(): Promise<void>;
  /** Moves what waits into the database, unless that is under way. Call when the database is back. */
  drain(): void;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Stops moving; what is left stays on the disk for the next start. */
  close(): Promise<void>;
}

const RETRY_MS = 1_000;

export function startSpooler(
  settings: SpoolSettings,
  options: {
    /** Resolves when the database takes events; nothing is moved before. */
    ready(): Promise<void>;
    write(batch: readonly AcceptedEvent[]): Promise<readonly Written[]>;
    readonly observer: AuditObserver;
  },
): Spooler {
  const { observer } = options;
  const closing = new AbortController();
  const spool = openSpool(settings, (bytes) => observer.spoolChanged({ bytes, maxBytes: spool.maxBytes }));
  let running: Promise<void> | undefined;
  let again = false;

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        await spool.opened;
        if (spool.bytes === 0) {
          continue;
        }
        await options.ready();
        await drainSpool(spool, {
          write: options.write,
          onRecorded: (event, seq) => observer.recorded([{ event, seq }]),
          onQuarantined: (reason) => observer.quarantined({ reason }),
          signal: closing.signal,
        });
      } catch (error) {
        if (!isDown(error)) {
          observer.backgroundFailed({ task: "spool", error });
        }
        again = true;
        await wait(RETRY_MS, { signal: closing.signal, ref: false });
      }
    } while (again && !closing.signal.aborted);
    running = undefined;
  }

  function drain(): void {
    again = true;
    if (!closing.signal.aborted) {
      running ??= run();
    }
  }

  // What an earlier process left.
  drain();
  return {
    async append(event) {
      await spool.append(event);
      observer.spooled(event);
      drain();
    },
    check: () => spool.check(),
    drain,
    get bytes() {
      return spool.bytes;
    },
    maxBytes: spool.maxBytes,
    async close() {
      closing.abort();
      await running;
      await spool.close();
    },
  };
}
