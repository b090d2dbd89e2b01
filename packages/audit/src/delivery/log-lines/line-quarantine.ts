import type { Quarantine, QuarantinedEvent } from "../engine/ports/quarantine.ts";
import type { Ledger } from "../engine/ports/ledger.ts";
import { toLogLine, type LogLineEvent } from "./log-line.ts";
import type { RefusedLine, RefusedLines } from "./refused-lines.ts";

/** Refused lines of one log, as people ask for them, and as the engine sends them again. */
export interface LineQuarantine extends Quarantine {
  /** Whether lines may wait to be sent again. */
  readonly replaysWaiting: boolean;
  readReplays: Ledger<LogLineEvent>["readReplays"];
  /** Takes lines out that were delivered after all; resolves to their number. */
  delivered(lines: readonly LogLineEvent[]): Promise<number>;
  refusedAgain: Ledger<LogLineEvent>["refusedAgain"];
}

const MAX_PAGE = 1_000;

/** `discarded`: called with the number of lines that were given up. */
export function createLineQuarantine(
  log: string,
  refused: RefusedLines,
  discarded: (lines: number) => Promise<void>,
): LineQuarantine {
  // Until the file was read: an earlier process may have ended in between.
  let replaysWaiting = true;

  return {
    async list(destination, { afterSeq = -1, limit = 100 } = {}) {
      const lines = (await refused.list()).filter(({ number }) => number > afterSeq);
      return lines.slice(0, Math.min(limit, MAX_PAGE)).map((line) => toQuarantined(destination, log, line));
    },
    async replay({ seqs }) {
      const replay_requested_at = new Date().toISOString();
      const wanted = selects(seqs);
      const replaying = await refused.revise((line) =>
        wanted(line.number) ? { ...line, replay_requested_at } : line,
      );
      replaysWaiting ||= replaying > 0;
      return replaying;
    },
    async discard({ seqs }) {
      const wanted = selects(seqs);
      const discarding = await refused.revise((line) => (wanted(line.number) ? null : line));
      if (discarding > 0) {
        await discarded(discarding);
      }
      return discarding;
    },
    get replaysWaiting() {
      return replaysWaiting;
    },
    async readReplays(_name, limit) {
      // Before it is looked: what is asked for meanwhile is not missed.
      replaysWaiting = false;
      const waiting = (await refused.list()).filter(({ replay_requested_at: since }) => since !== null);
      replaysWaiting ||= waiting.length > 0;
      return waiting
        .slice(0, limit)
        .map(({ number, refused_at, line }) =>
          toLogLine(log, { number, text: line, since: 0 }, Date.parse(refused_at)),
        );
    },
    delivered(lines) {
      const numbers = new Set(lines.map(({ seq }) => seq));
      return refused.revise((line) => (numbers.has(line.number) ? null : line));
    },
    async refusedAgain(_name, { seq }, reason) {
      await refused.revise((line) =>
        line.number === seq
          ? { ...line, reason, attempts: line.attempts + 1, replay_requested_at: null }
          : line,
      );
    },
  };
}

function selects(seqs: readonly number[] | undefined): (number: number) => boolean {
  const wanted = seqs && new Set(seqs);
  return (number) => wanted?.has(number) ?? true;
}

function toQuarantined(destination: string, log: string, line: RefusedLine): QuarantinedEvent {
  return {
    destination,
    seq: line.number,
    eventId: `${log}:${line.number}`,
    reason: line.reason,
    attempts: line.attempts,
    quarantinedAt: new Date(line.refused_at),
    replayRequestedAt: line.replay_requested_at === null ? null : new Date(line.replay_requested_at),
    canonical: line.line,
  };
}
