import { createSequence } from "@sark/observability/waiting";
import type { SessionEndReason } from "../../domain/sessions.ts";
import type { SessionEntry } from "../session-entry.ts";
import type { SharedSessions, Use } from "./shared-sessions.ts";

/** Tells the other replicas of the use of sessions here: late, many at a time, and each no more often than needed. */
export interface UseWriter {
  /** A session is used again after a pause, in which others may have thought it unused: they are told at once. */
  afterPause(entry: SessionEntry): void;
  /** One that is among the entries no longer: what others were told of its work is taken back. */
  left(entry: SessionEntry): void;
  /** All of them, as after a time without the others. */
  all(): Promise<void>;
  /** Stops, and tells what is left. */
  close(): Promise<void>;
}

/** Uses told of by one request. */
const AT_ONCE = 200;

export interface UseWriterOptions {
  readonly shared: Pick<SharedSessions, "used">;
  entries(): Iterable<SessionEntry>;
  /** What others learn of a session within this time. */
  readonly everyMs: number;
  /** Sessions in use are told of again after this time, so that they do not pass for unused. */
  readonly againMs: number;
  /** After so long without a word of it a session is told of at once. */
  readonly pauseMs: number;
  now(): number;
  isUp(): boolean;
  /** Another replica has ended it, or none knows it. */
  learned(entry: SessionEntry, news: SessionEndReason | "unknown"): void;
}

export function createUseWriter(options: UseWriterOptions): UseWriter {
  const { shared, entries, now } = options;
  const inTurn = createSequence();
  const hurried = new Set<SessionEntry>();
  /** They are told of first: one of them may have come again, as an entry of its own. */
  const parted = new Set<SessionEntry>();
  const timer = setInterval(() => void tell(isDue), options.everyMs).unref();

  const isDue = (entry: SessionEntry) =>
    hasChanged(entry) || (entry.running.size > 0 && now() - entry.told.at >= options.againMs);

  function tell(wanted: (entry: SessionEntry) => boolean): Promise<void> {
    return inTurn.run(async () => {
      const due = [...parted, ...[...entries()].filter(wanted)];
      for (let at = 0; at < due.length && options.isUp(); at += AT_ONCE) {
        await write(due.slice(at, at + AT_ONCE));
      }
    });
  }

  async function write(due: readonly SessionEntry[]): Promise<void> {
    const at = now();
    const states = due.map((entry) => stateOf(entry));
    const news = await shared.used(due.map((entry, index) => useOf(entry, states[index], at)));
    for (const [index, entry] of due.entries()) {
      const state = states[index];
      if (news === null || state === undefined) {
        continue;
      }
      Object.assign(entry.told, state, { at });
      // One that has left while others were told is told of once more, as it is now.
      if (!hasChanged(entry)) {
        parted.delete(entry);
      }
      const learned = news[index] ?? null;
      if (learned !== null) {
        options.learned(entry, learned);
      }
    }
  }

  function useOf(entry: SessionEntry, state: State | undefined, at: number): Use {
    const { calls = 0, running = 0, streams = 0, lastActivityAt = at } = state ?? {};
    return {
      fingerprint: entry.fingerprint,
      // What runs is use.
      ageMs: running + streams > 0 ? 0 : Math.max(0, at - lastActivityAt),
      calls: calls - entry.told.calls,
      running,
      streams,
    };
  }

  return {
    afterPause(entry) {
      if (now() - entry.told.at < options.pauseMs) {
        return;
      }
      const isFirst = hurried.size === 0;
      hurried.add(entry);
      if (isFirst) {
        setImmediate(() => {
          const chosen = new Set(hurried);
          hurried.clear();
          void tell((one) => chosen.has(one));
        });
      }
    },
    left(entry) {
      if (hasChanged(entry)) {
        parted.add(entry);
      }
    },
    all: () => tell(() => true),
    async close() {
      clearInterval(timer);
      await tell(isDue);
    },
  };
}

type State = ReturnType<typeof stateOf>;

function hasChanged({ told, lastActivityAt, calls, running }: SessionEntry): boolean {
  return (
    told.lastActivityAt !== lastActivityAt ||
    told.calls !== calls ||
    told.running !== running.calls ||
    told.streams !== running.streams
  );
}

/** As it is now: it goes on changing while others are told. */
function stateOf({ lastActivityAt, calls, running }: SessionEntry) {
  return { lastActivityAt, calls, running: running.calls, streams: running.streams };
}
