import type { Feed, Subscriber } from "../feed/feed.ts";
import type { LiveKpi, ResyncReason } from "../protocol/names.ts";
import type { ServerMessage } from "../protocol/server-message.ts";

/** Where a client stands. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** One client's view of the feed of its tenant. */
export interface Subscription extends Subscriber {
  end(): void;
}

/** What a subscription sends through. One message is under way at a time: the next one has all that came meanwhile. */
export interface Outlet {
  /** `false` while the client has not taken the update before. */
  readonly isFree: boolean;
  send(message: ServerMessage): void;
  /** `sent`: called when the operating system has taken it. */
  sendUpdate(text: string, oldestAt: number | null): void;
  dropped(updates: number): void;
  resynced(reason: ResyncReason): void;
}

/** Follows the feed from `resume`, or from now. The history of the tenant must be there. */
export function subscribe(
  feed: Feed,
  kpis: readonly LiveKpi[],
  resume: Position | undefined,
  outlet: Outlet,
): Subscription {
  let epoch = "";
  let seq = 0;
  /** Of the KPIs that were sent last. */
  let version: number | null = null;
  let skipped = 0;

  function moveTo(position: Position): void {
    ({ epoch, seq } = position);
  }

  function resync(reason: ResyncReason, position: Position): void {
    moveTo(position);
    version = null;
    outlet.resynced(reason);
    outlet.send({ type: "resync", reason, epoch, seq });
  }

  const subscription: Subscription = {
    offer() {
      const { snapshot } = feed;
      const history = feed.history();
      if (snapshot === null || history === undefined) {
        return;
      }
      if (!outlet.isFree) {
        skipped += 1;
        return;
      }
      if (skipped > 1) {
        outlet.dropped(skipped - 1);
      }
      skipped = 0;
      if (history.epoch !== epoch) {
        resync("stream_restarted", history);
      }
      // Read before sequence numbers began anew: another one follows.
      if (snapshot.epoch !== epoch || snapshot.seq < seq) {
        return;
      }
      let missed = history.since(seq, snapshot.seq);
      if (missed === null) {
        resync("history_exceeded", snapshot);
        missed = history.since(seq, snapshot.seq);
      }
      const hasNewKpis = snapshot.kpis !== null && snapshot.version !== version;
      if (missed === null || (missed.entries === 0 && !hasNewKpis)) {
        return;
      }
      outlet.sendUpdate(feed.update(seq, kpis, hasNewKpis), missed.oldestAt);
      seq = snapshot.seq;
      version = hasNewKpis ? snapshot.version : version;
    },
    end: () => feed.leave(subscription),
  };

  const history = feed.history();
  if (history === undefined) {
    throw new Error("a tenant is followed before it is subscribed to");
  }
  if (resume === undefined) {
    moveTo(history);
  } else if (resume.epoch !== history.epoch) {
    resync("stream_restarted", history);
  } else if (history.since(resume.seq) === null) {
    resync("history_exceeded", history);
  } else {
    moveTo(resume);
  }
  outlet.send({ type: "subscribed", epoch, seq, kpis });
  feed.join(subscription);
  return subscription;
}
