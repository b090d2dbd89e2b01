import type { AuditLog, AuditRecord } from "@sark/audit";
import type { AuditReference, Caller } from "../domain/governance.ts";
import { sourceOf } from "../scheduling/source.ts";
import { referenceOf } from "./audit-reference.ts";
import { repeatedRecord } from "./limited-record.ts";

/** In a window of this length the first refusal is recorded with all its details, those after it by their number. */
const WINDOW_MS = 10_000;
/** Windows open at once; the oldest is closed for one more. */
const MAX_WINDOWS = 10_000;

interface Window {
  readonly first: AuditRecord;
  readonly firstKept: Promise<AuditReference | null>;
  readonly openedAt: number;
  /** Unix milliseconds. */
  since: number;
  until: number;
  count: number;
}

/**
 * Records of calls that were refused for a limit: a flood of calls must not become a flood of records. Of one principal
 * and one reason (a kind of limit), the first call is recorded by itself and the others of the next ten seconds by one record that
 * says how many they were. A process that is killed loses that number of at most ten seconds.
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
    if (window.count === 0) {
      return;
    }
    const firstId = (await window.firstKept)?.id ?? null;
    await keep(repeatedRecord(window.first, { ...window, firstId }));
  }

  async function endThoseOver(at: number): Promise<void> {
    const over = [...windows].filter(([, { openedAt }]) => at - openedAt >= WINDOW_MS);
    await Promise.all(over.map(([key, window]) => end(key, window)));
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
      if (open !== undefined && at - open.openedAt < WINDOW_MS) {
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
      await endThoseOver(Infinity);
    },
  };
}
