import { createSequence } from "@sark/observability/waiting";
import { firstPosition, type ShippableLog, type ShippingPosition } from "@sark/observability/logging";
import { LostLeadershipError, type Ledger, type ReportedState } from "../engine/ports/ledger.ts";
import type { LedgerSession } from "../engine/ports/leadership.ts";
import { createLineQuarantine } from "./line-quarantine.ts";
import type { LogLineEvent } from "./log-line.ts";
import type { Quarantine } from "../engine/ports/quarantine.ts";
import { openRefusedLines } from "./refused-lines.ts";

export interface FileLedger {
  openSession(): Promise<LedgerSession<LogLineEvent>>;
  /** Has everything that is written by now sent without waiting for a full batch; returns the first line beyond. */
  flush(): number;
  readonly position: ShippingPosition;
  /** What the engine said last. */
  readonly reported: ReportedState | null;
  /** Holds the log back, also after a restart; its lines wait in the files. */
  pause(reason: string): Promise<void>;
  /** Ends a pause, and has what waits for a fault to be mended tried now. */
  resume(): Promise<void>;
  /** Lines that were refused for good. */
  readonly quarantine: Quarantine;
}

/**
 * The position of one log in a file next to it. It needs no database: logs must ship while that is down. No other process may
 * lead, since only one process has the folder.
 */
export function createFileLedger(log: ShippableLog, destination: string): FileLedger {
  let position: ShippingPosition | null = null;
  let flushTo = 0;

  let reported: ReportedState | null = null;

  const known = (): ShippingPosition => position ?? firstPosition(log.first);

  const changes = createSequence();
  /** One change after the other: each is written before it counts. */
  function change(work: (before: ShippingPosition) => Promise<ShippingPosition>): Promise<void> {
    return changes.run(async () => {
      const after = await work(known());
      await log.savePosition(after);
      position = after;
    });
  }

  /** Lines that left the quarantine count as what became of them. */
  const resettled = (lines: number, as: "acknowledged" | "discarded") =>
    change((before) =>
      Promise.resolve({
        ...before,
        quarantined: Math.max(0, before.quarantined - lines),
        [as]: before[as] + lines,
      }),
    );

  const refused = openRefusedLines(log.directory, log.name);
  const quarantine = createLineQuarantine(log.name, refused, (lines) => resettled(lines, "discarded"));

  const ledger: Ledger<LogLineEvent> = {
    view: () => {
      const { next, quarantined, paused, resumes, refusedInRow } = known();
      const row = {
        name: destination,
        enabled: true,
        cursor: next,
        paused: paused !== null,
        flushTo,
        replaysWaiting: quarantine.replaysWaiting,
        quarantined,
        resumes,
        refusedInRow,
        checkpointSize: 0,
      };
      return Promise.resolve({ head: log.head, destinations: [row] });
    },
    advance: (_name, { from, to, acknowledged, sent, purged, quarantined }, refusals) =>
      change(async (before) => {
        if (before.next !== from) {
          throw new LostLeadershipError(`the position of ${destination} is no longer at ${from}`);
        }
        // First: a crash in between leaves a line twice among the refused, not in neither place.
        if (quarantined.length > 0) {
          await refused.keep(quarantined);
        }
        return {
          ...before,
          next: to,
          acknowledged: before.acknowledged + acknowledged + sent,
          refusedInRow: refusals.resumes === before.resumes ? refusals.inRow : before.refusedInRow,
          quarantined: before.quarantined + quarantined.length,
          purged: before.purged + purged,
        };
      }),
    readReplays: quarantine.readReplays,
    async replayed(_name, lines) {
      await resettled(await quarantine.delivered(lines), "acknowledged");
    },
    refusedAgain: quarantine.refusedAgain,
    checkpointed: () => Promise.resolve(),
    reportState(_name, state) {
      reported = state;
      return Promise.resolve();
    },
  };

  return {
    async openSession() {
      position = log.loadPosition();
      return {
        ledger,
        async register() {
          if (position !== null) {
            return;
          }
          await log.savePosition(known());
          position = log.loadPosition();
        },
        tryLead: () => Promise.resolve(true),
        lost: new AbortController().signal,
        close: () => undefined,
      };
    },
    flush: () => (flushTo = log.head),
    get position() {
      return known();
    },
    get reported() {
      return reported;
    },
    pause: (reason) =>
      change((before) => {
        const since = before.paused?.since ?? new Date().toISOString();
        return Promise.resolve({ ...before, paused: { since, reason } });
      }),
    resume: () =>
      change((before) =>
        Promise.resolve({ ...before, paused: null, resumes: before.resumes + 1, refusedInRow: 0 }),
      ),
    quarantine,
  };
}
