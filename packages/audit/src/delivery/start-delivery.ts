import { combineObservers } from "../combine-observers.ts";
import { SILENT_DELIVERY_OBSERVER, type DeliveryObserver } from "./engine/ports/observer.ts";
import type { AuditDestination } from "./create-destination.ts";
import type { DeliverableEvent } from "./audit-events/deliverable-event.ts";
import type { Delivery } from "./engine/delivery.ts";
import { waitUntil, within } from "@sark/observability/waiting";
import { createPool } from "../postgres/pool.ts";
import { checkReceiver } from "./http/check-receiver.ts";
import { DeliveryError } from "./domain/errors.ts";
import { createCheckpointFeed } from "./postgres/checkpoint-feed.ts";
import { createPostgresFeed } from "./postgres/postgres-feed.ts";
import { createDestinationControl } from "./postgres/destination-control.ts";
import { createQuarantine } from "./postgres/quarantine.ts";
import { openLeaderSession } from "./postgres/leader-session.ts";
import { createCheckpointForwarder } from "./checkpoints/checkpoint-forwarder.ts";
import { startLeading } from "./engine/lead-destinations.ts";

/** What a process delivers to which destinations, and how often it looks. */
export interface DeliveryOptions {
  /** PostgreSQL with the audit log, migrated. A pooler in between must keep sessions: they hold the locks. */
  readonly connectionString: string;
  readonly destinations: readonly AuditDestination[];
  /** How this process calls itself, e.g. the machine's name. */
  readonly replica: string;
  readonly observer?: Partial<DeliveryObserver>;
  /** Pause between two looks at the log and at what people asked for, in milliseconds. Default 500. */
  readonly pollMs?: number;
  /** Pause between two attempts to lead a destination, in milliseconds. Default 2,000. */
  readonly electionMs?: number;
  /** A leader that stands still for so long loses its place to another replica, in milliseconds. Default 30,000. */
  readonly leaseMs?: number;
  /** The database has this long for a statement, in milliseconds. Default 10,000. */
  readonly statementTimeoutMs?: number;
}

const FLUSH_POLL_MS = 50;
const POOL_SIZE = 4;

/** Starts to deliver. Returns at once; a database that is away is tried again until it is there. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { destinations, statementTimeoutMs = 10_000 } = options;
  const observer = combineObservers(SILENT_DELIVERY_OBSERVER, options.observer ?? {});
  const pool = createPool({
    connectionString: options.connectionString,
    name: "sark-delivery",
    maxConnections: POOL_SIZE,
    statementTimeoutMs,
  });
  const control = createDestinationControl(pool);
  const checkpoints = createCheckpointFeed(pool);
  const leading = startLeading<DeliverableEvent>({
    openSession: () => openLeaderSession(pool, options.replica, options.leaseMs ?? 30_000),
    feed: createPostgresFeed(pool),
    forwardCheckpoints: (deps) => createCheckpointForwarder({ ...deps, feed: checkpoints }),
    destinations,
    observer,
    pollMs: options.pollMs ?? 500,
    electionMs: options.electionMs ?? 2_000,
  });

  function find(name: string): AuditDestination {
    const found = destinations.find((destination) => destination.name === name);
    if (found === undefined) {
      throw new DeliveryError("unknown_destination", `There is no destination "${name}".`);
    }
    return found;
  }

  let closed: Promise<void> | undefined;
  async function close(drainMs: number): Promise<void> {
    await leading.stop(drainMs);
    await Promise.all(destinations.map(({ sink }) => sink.close()));
    // A server that does not respond does not end the connections either.
    await within(1_000, pool.end(), undefined);
  }

  return {
    registered: leading.registered,
    snapshots: () =>
      destinations.map(({ name, enabled, sink, settings }) => ({
        name,
        enabled,
        probeIntervalMs: settings.probeIntervalMs,
        platform: sink.platform,
        leading: leading.snapshot(name),
      })),
    check: async (name, signal) => checkReceiver(find(name).sink, signal),
    wake: leading.wake,
    async flush(name, signal) {
      const upTo = await control.requestFlush(name);
      leading.wake();
      const isSettled = async () => (await control.cursor(name)) >= upTo;
      if (!(await waitUntil(isSettled, { everyMs: FLUSH_POLL_MS, signal }))) {
        signal.throwIfAborted();
      }
    },
    control,
    quarantine: createQuarantine(pool),
    close: (drainMs = 5_000) => (closed ??= close(drainMs)),
  };
}
