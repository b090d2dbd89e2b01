import type { AuditLog, AuditRecord } from "@sark/audit";
import type { AuditReference, Caller } from "../domain/governance.ts";
import { sourceOf } from "../domain/source.ts";
import { referenceOf } from "./audit-reference.ts";
import { repeatedRecord } from "./limited-record.ts";

/** How long refusals of one kind are counted until their number is recorded. */
export interface RefusalWindows {
  readonly windowMs: number;
  /**
   * What becomes of a window in which there was more than the first: it ends, and the next refusal is again a first one
   * with all its details; or it goes on, so that refusals without end leave one record in each.
   */
  readonly goesOn: boolean;
}

/** Of calls over a limit. */
const OVER_LIMIT: RefusalWindows = { windowMs: 10_000, goesOn: false };
/** Windows open at once; the oldest is closed for one more. */
const MAX_WINDOWS = 10_000;

interface Window {
  readonly first: AuditRecord;
  readonly firstKept: Promise<AuditReference | null>;
  openedAt: number;
  /** Unix milliseconds. */
  since: number;
  until: number;
  count: number;
}

/**
 * Records of what was refused: a flood of calls must not become a flood of records. Of one principal and one reason (a
 * kind of limit, an endpoint), the first call is recorded by itself and the others of the same window by one record that says how many
 * they were. A process that is killed loses that number, of at most one window.
 */
export interface RefusalRecords {
  /** Resolves to the record that stands for this call; `null` where it could not be kept. Never rejects. */
  refused(caller: Caller, why: string, record: () => AuditRecord): Promise<AuditReference | null>;
  /** Writes what is counted so far. */
  close(): Promise<void>;
}

export function createRefusalRecords(
  audit: Pick<AuditLog, "record">,
  onLost: (error: unknown) => void,
  now: () => number = () => performance.now(),
  { windowMs, goesOn }: RefusalWindows = OVER_LIMIT,
): RefusalRecords {
  /** In the order in which they were opened. */
  const windows = new Map<string, Window>();
  let timer: NodeJS.Timeout | undefined;

  async function keep(record: AuditRecord): Promise<AuditReference | null> {
    try {
      return referenceOf(await audit.record(record, { whenDown: "spool" }));
    } catch (error) {
      onLost(error);
      return null;
    }
  }

  async function end(key: string, window: Window): Promise<void> {
    windows.delete(key);
    await writeNumber(window);
  }

  async function writeNumber(window: Window): Promise<void> {
    const { first, firstKept, count, since, until } = window;
    if (count === 0) {
      return;
    }
    window.count = 0;
    const firstId = (await firstKept)?.id ?? null;
    await keep(repeatedRecord(first, { count, since, until, firstId }));
  }

  async function endThoseOver(at: number): Promise<void> {
    const over = [...windows].filter(([, { openedAt }]) => at - openedAt >= windowMs);
    await Promise.all(over.map(([key, window]) => (goesOn ? next(key, window, at) : end(key, window))));
  }

  async function next(key: string, window: Window, at: number): Promise<void> {
    if (window.count === 0) {
      windows.delete(key);
      return;
    }
    // It stands last again: the oldest one is what makes room.
    windows.delete(key);
    windows.set(key, window);
    window.openedAt = at;
    await writeNumber(window);
  }

  function watch(): void {
    timer ??= setInterval(() => {
      void endThoseOver(now());
      if (windows.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    }, 1_000).unref();
  }

  return {
    refused(caller, why, record) {
      // Not by tool or server: those are the caller's to choose.
      const key = `${why} ${sourceOf(caller.principal)}`;
      const at = now();
      const open = windows.get(key);
      if (open !== undefined && (goesOn || at - open.openedAt < windowMs)) {
        open.until = Date.now();
        if (open.count === 0) {
          open.since = open.until;
        }
        open.count += 1;
        return open.firstKept;
      }
      if (open !== undefined) {
        void end(key, open);
      }
      const [oldest] = windows;
      if (windows.size >= MAX_WINDOWS && oldest !== undefined) {
        void end(...oldest);
      }
      const first = record();
      const firstKept = keep(first);
      const since = Date.now();
      windows.set(key, { first, firstKept, openedAt: at, since, until: since, count: 0 });
      watch();
      return firstKept;
    },
    async close() {
      clearInterval(timer);
      timer = undefined;
      await Promise.all([...windows].map(([key, window]) => end(key, window)));
    },
  };
}
