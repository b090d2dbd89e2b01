import type { ShippableLog, ShippingPosition } from "@sark/observability";
import { LostLeadershipError, type Ledger, type LedgerSession } from "../ledger.ts";
import { createLineQuarantine } from "./line-quarantine.ts";
import type { LogLineEvent } from "./log-line.ts";
import type { Quarantine } from "../postgres-ledger/quarantine.ts";
import { openRefusedLines } from "./refused-lines.ts";

export interface FileLedger {
  openSession(): Promise<LedgerSession<LogLineEvent>>;
  /** Everything that is written by now is to be sent without waiting for a full batch. */
  flush(): void;
  /** Whether all of that is settled. */
  readonly flushed: boolean;
  /** Lines that were refused for good. */
  readonly quarantine: Quarantine;
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

  let last: Promise<unknown> = Promise.resolve();
  /** One change after the other: each is written before it counts. */
  function change(work: (before: ShippingPosition) => Promise<ShippingPosition>): Promise<void> {
    const done = last.then(async () => {
      const after = await work(known());
      await log.savePosition(after);
      position = after;
    });
    last = done.catch(() => undefined);
    return done;
  }

  /** Lines that left the quarantine count as what became of them. */
  const resettled = (lines: number, as: "acknowledged" | "purged") =>
    change((before) =>
      Promise.resolve({
        ...before,
        setAside: Math.max(0, before.setAside - lines),
        [as]: before[as] + lines,
      }),
    );

  const refused = openRefusedLines(log.directory, log.name);
  const quarantine = createLineQuarantine(log.name, refused, (lines) => resettled(lines, "purged"));

  const ledger: Ledger<LogLineEvent> = {
    view: () => {
      const { next, setAside } = known();
      const row = {
        name: destination,
        enabled: true,
        cursor: next,
        paused: false,
        flushTo,
        replaysWaiting: quarantine.replaysWaiting,
        quarantined: setAside,
        resumes: 0,
      };
      return Promise.resolve({ head: log.head, destinations: [row] });
    },
    advance: (_name, { from, to, acknowledged, purged, setAside }) =>
      change(async (before) => {
        if (before.next !== from)
          throw new LostLeadershipError(`the position of ${destination} is no longer at ${from}`);
        // First: a crash in between leaves a line twice among the refused, not in neither place.
        if (setAside.length > 0) await refused.keep(setAside);
        return {
          next: to,
          acknowledged: before.acknowledged + acknowledged,
          setAside: before.setAside + setAside.length,
          purged: before.purged + purged,
        };
      }),
    readReplays: quarantine.readReplays,
    async replayed(_name, lines) {
      await resettled(await quarantine.delivered(lines), "acknowledged");
    },
    refusedAgain: quarantine.refusedAgain,
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
    quarantine,
  };
}
