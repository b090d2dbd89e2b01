import type { Deliverable } from "../../domain/deliverable.ts";
import type { Feed } from "../ports/feed.ts";

export interface ReaderDeps<E extends Deliverable> {
  readonly feed: Feed<E>;
  /** First number to read. */
  readonly from: number;
  /** Whether there is room for a page of this size. */
  hasRoom(events: number): boolean;
  /** The next events; `end` is the first number that was not looked at, beyond gaps. */
  read(events: readonly E[], end: number): void;
  failed(error: unknown): void;
}

/** Reads the log ahead of what is sent, one page at a time. */
export interface Reader {
  /** Reads if there is something to read, and room for it. `head`: the number that the next event will get. */
  readTo(head: number): void;
  stop(): void;
}

const RETRY_MS = 1_000;

export function createReader<E extends Deliverable>(
  deps: ReaderDeps<E>,
  page: { readonly events: number; readonly bytes: number },
): Reader {
  let next = deps.from;
  let head = deps.from;
  let reading = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function readPage(): Promise<void> {
    const upTo = head;
    const events = await deps.feed.readFeed(next, Math.min(page.events, upTo - next), page.bytes);
    if (stopped) {
      return;
    }
    // Committed before we asked, so that what does not come does not exist any more.
    next = (events.at(-1)?.seq ?? upTo - 1) + 1;
    deps.read(events, next);
  }

  function start(): void {
    if (reading || stopped || next >= head || !deps.hasRoom(page.events)) {
      return;
    }
    reading = true;
    readPage().then(
      () => {
        reading = false;
        start();
      },
      (error: unknown) => {
        reading = false;
        if (stopped) {
          return;
        }
        deps.failed(error);
        timer = setTimeout(start, RETRY_MS);
      },
    );
  }

  return {
    readTo(to) {
      head = Math.max(head, to);
      start();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
