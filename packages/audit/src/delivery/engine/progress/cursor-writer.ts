import type { Deliverable } from "../../domain/deliverable.ts";
import { LostLeadershipError, type Ledger, type RefusalState } from "../ports/ledger.ts";
import { createWakeUp } from "@sark/observability/waiting";
import type { Progress } from "../ports/progress.ts";
import type { Window } from "./window.ts";

/** Writes the progress of a window down: one write at a time, what came meanwhile and a little later in the next one. */
export interface CursorWriter {
  /** There may be something new. */
  schedule(): void;
  /** Resolves when nothing is left to be written, or cannot be any more. */
  settled(): Promise<void>;
  stop(): void;
}

const RETRY_MS = 1_000;
/** Between two writes: a commit for each request would cost more than the request. */
const REST_MS = 20;

export function createCursorWriter<E extends Deliverable>(deps: {
  readonly name: string;
  readonly window: Window<E>;
  readonly ledger: Ledger<E>;
  refusals(): RefusalState;
  written(progress: Progress<E>): void;
  failed(error: unknown): void;
  /** Another process moved the cursor: nothing more will be written. */
  lost(): void;
}): CursorWriter {
  const { name, window, ledger } = deps;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let hurried = false;
  const rest = createWakeUp();

  async function writeAll(): Promise<void> {
    try {
      for (let progress = window.progress(); progress !== null; progress = window.progress()) {
        await ledger.advance(name, progress, deps.refusals());
        window.written(progress);
        deps.written(progress);
        if (!hurried) {
          await rest.wait(REST_MS);
        }
      }
    } catch (error) {
      deps.failed(error);
      if (error instanceof LostLeadershipError) {
        stopped = true;
        deps.lost();
      } else if (!stopped) {
        timer = setTimeout(schedule, RETRY_MS);
      }
    } finally {
      // In the same turn as the last look at the window: what is settled after it schedules anew.
      writing = undefined;
    }
  }

  function schedule(): void {
    if (stopped || writing !== undefined || window.progress() === null) {
      return;
    }
    clearTimeout(timer);
    writing = writeAll();
  }

  return {
    schedule,
    async settled() {
      hurried = true;
      rest.wake();
      await writing;
      schedule();
      await writing;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
