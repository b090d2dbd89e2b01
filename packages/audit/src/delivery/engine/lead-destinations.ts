import { wait, within } from "@sark/observability/waiting";
import type { Deliverable } from "../domain/deliverable.ts";
import type { Feed } from "./ports/feed.ts";
import type { DestinationRow, Ledger } from "./ports/ledger.ts";
import type { LedgerSession } from "./ports/leadership.ts";
import type { DeliveryObserver } from "./ports/observer.ts";
import { backoffMs } from "@sark/observability/waiting";
import { startDestinationRunner, type DestinationRunner } from "./runner/destination-runner.ts";
import type { ForwardCheckpoints } from "./runner/forward-checkpoints.ts";
import type { RunnerSnapshot } from "./runner/snapshot.ts";
import type { Destination } from "./destination.ts";
import { createWakeUp } from "@sark/observability/waiting";

export interface LeadingDeps<E extends Deliverable> {
  /** Opens the ledger, again when the session before was lost. Rejects when it cannot be reached. */
  openSession(): Promise<LedgerSession<E>>;
  readonly feed: Feed<E>;
  readonly destinations: readonly Destination<E>[];
  readonly forwardCheckpoints?: ForwardCheckpoints<E>;
  readonly observer: DeliveryObserver;
  readonly pollMs: number;
  readonly electionMs: number;
}

/** Leads as many of the destinations as no other replica leads, for as long as its session lives, and then again. */
export interface Leading {
  /** Resolves when every destination has its place in the log: what is recorded from then on reaches it. */
  readonly registered: Promise<void>;
  /** `null` where another replica leads, or none does. */
  snapshot(name: string): RunnerSnapshot | null;
  wake(): void;
  stop(drainMs: number): Promise<void>;
}

const MIN_LOOK_MS = 50;
/** For what is written down at the end. */
const LAST_WORDS_MS = 2_000;
/** A session that lasted this long ended for a reason of its own. */
const LASTED_MS = 30_000;
const RECONNECT = { baseMs: 500, maxMs: 10_000 };

export function startLeading<E extends Deliverable>(deps: LeadingDeps<E>): Leading {
  const { destinations, observer } = deps;
  const runners = new Map<string, DestinationRunner>();
  const wakeUp = createWakeUp();
  let drainMs = 0;
  const stopping = new AbortController();
  const goesOn = () => !stopping.signal.aborted;
  const registered = Promise.withResolvers<void>();

  /** Ends runners; those of a session that is lost are given up, for they can write nothing down any more. */
  async function endRunners(graceful: boolean): Promise<void> {
    const ending = [...runners];
    const timer = setTimeout(() => ending.forEach(([, runner]) => runner.abort()), drainMs);
    if (!graceful) {
      ending.forEach(([, runner]) => runner.abort());
    }
    await Promise.all(ending.map(([, runner]) => runner.stop()));
    clearTimeout(timer);
    for (const [name] of ending) {
      runners.delete(name);
      observer.leadershipChanged(name, platformOf(name), false);
    }
  }

  const platformOf = (name: string) =>
    destinations.find((destination) => destination.name === name)?.sink.platform ?? "";

  function startRunner(destination: Destination<E>, row: DestinationRow, ledger: Ledger<E>): void {
    const { name, sink, settings } = destination;
    const runner = startDestinationRunner({
      name,
      sink,
      settings,
      feed: deps.feed,
      ledger,
      forwardCheckpoints: deps.forwardCheckpoints,
      observer,
      row,
      lost() {
        // The lock is still ours: the next look starts another one from where the cursor is now.
        runner.abort();
        runners.delete(name);
        void runner.stop();
      },
    });
    runners.set(name, runner);
    observer.leadershipChanged(name, sink.platform, true);
  }

  async function elect(session: LedgerSession<E>, held: Set<string>): Promise<void> {
    for (const { name, enabled } of destinations) {
      if (enabled && !held.has(name) && (await session.tryLead(name))) {
        held.add(name);
      }
    }
  }

  async function look(ledger: Ledger<E>, held: ReadonlySet<string>): Promise<void> {
    const { destinations: rows, head } = await ledger.view();
    for (const destination of destinations) {
      const row = rows.find(({ name }) => name === destination.name);
      if (row === undefined || !held.has(destination.name)) {
        continue;
      }
      if (!runners.has(destination.name)) {
        startRunner(destination, row, ledger);
      }
      runners.get(destination.name)?.observe(row, head);
    }
  }

  async function lead(session: LedgerSession<E>): Promise<void> {
    const { ledger } = session;
    const held = new Set<string>();
    for (const { name, enabled, start, sink } of destinations) {
      await session.register({ name, platform: sink.platform, enabled, start });
    }
    registered.resolve();
    let electAt = -Infinity;
    while (goesOn() && !session.lost.aborted) {
      if (performance.now() >= electAt) {
        await elect(session, held);
        electAt = performance.now() + deps.electionMs;
      }
      await look(ledger, held);
      const lookedAt = performance.now();
      await wakeUp.wait(deps.pollMs, session.lost);
      // However often we are woken, the database is not asked more often than this.
      const earlyMs = Math.min(MIN_LOOK_MS, deps.pollMs) - (performance.now() - lookedAt);
      if (earlyMs > 0) {
        await wait(earlyMs);
      }
    }
    session.lost.throwIfAborted();
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (goesOn()) {
      let session: LedgerSession<E> | undefined;
      const startedAt = performance.now();
      try {
        session = await deps.openSession();
        await lead(session);
        await endRunners(true);
      } catch (error) {
        observer.storeFailed("session", error);
        failures = performance.now() - startedAt > LASTED_MS ? 1 : failures + 1;
        await endRunners(false);
      }
      session?.close();
      if (goesOn() && failures > 0) {
        await wakeUp.wait(backoffMs(failures, RECONNECT));
      }
    }
  }

  if (destinations.length === 0) {
    registered.resolve();
  }
  const running = destinations.length === 0 ? Promise.resolve() : run();
  return {
    registered: registered.promise,
    snapshot: (name) => runners.get(name)?.snapshot() ?? null,
    wake: () => wakeUp.wake(),
    async stop(ms) {
      stopping.abort();
      drainMs = ms;
      wakeUp.wake();
      // A database that does not respond must not hold up the end.
      await within(ms + LAST_WORDS_MS, running, undefined);
    },
  };
}
