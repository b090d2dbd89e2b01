import type { ShippableLog, ShippingPosition } from "@sark/observability";
import { LostLeadershipError, type Ledger, type LedgerSession } from "../ledger.ts";
import { keepRefused } from "./refused-lines.ts";
import type { LogLineEvent } from "./log-line.ts";

export interface FileLedger {
  openSession(): Promise<LedgerSession<LogLineEvent>>;
  /** Everything that is written by now is to be sent without waiting for a full batch. */
  flush(): void;
  /** Whether all of that is settled. */
  readonly flushed: boolean;
}

/**
 * The position of one log in a file beside it. It needs no database: logs must ship while that is down. Nobody else may
 * lead, since only one process has the folder.
 */
export function createFileLedger(log: ShippableLog, destination: string): FileLedger {
  let position: ShippingPosition | null = null;
  let flushTo = 0;

  const known = (): ShippingPosition =>
    position ?? { next: log.first, acknowledged: 0, setAside: 0, purged: 0 };

  const ledger: Ledger<LogLineEvent> = {
    view: () => {
      const { next, setAside } = known();
      const row = {
        name: destination,
        enabled: true,
        cursor: next,
        paused: false,
        flushTo,
        replaysWaiting: false,
        quarantined: setAside,
        resumes: 0,
      };
      return Promise.resolve({ head: log.head, destinations: [row] });
    },
    async advance(_name, { from, to, acknowledged, purged, setAside }) {
      const before = known();
      if (before.next !== from)
        throw new LostLeadershipError(`the position of ${destination} is no longer at ${from}`);
      // First: a crash in between leaves a line twice among the refused, not in neither place.
      if (setAside.length > 0) await keepRefused(log.directory, log.name, setAside);
      const after = {
        next: to,
        acknowledged: before.acknowledged + acknowledged,
        setAside: before.setAside + setAside.length,
        purged: before.purged + purged,
      };
      await log.savePosition(after);
      position = after;
    },
    // What was refused is kept for people; nothing sends it again.
    readReplays: () => Promise.resolve([]),
    replayed: () => Promise.resolve(),
    refusedAgain: () => Promise.resolve(),
    // Health and metrics of this process tell it.
    reportState: () => Promise.resolve(),
  };

  return {
    async openSession() {
      position = log.loadPosition();
      return {
        ledger,
        async register() {
          if (position !== null) return;
          await log.savePosition(known());
          position = log.loadPosition();
        },
        tryLead: () => Promise.resolve(true),
        lost: new AbortController().signal,
        close: () => undefined,
      };
    },
    flush: () => void (flushTo = log.head),
    get flushed() {
      return known().next >= flushTo;
    },
  };
}
