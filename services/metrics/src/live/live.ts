import { backoffMs } from "@sark/observability/waiting";
import type { WebSocket } from "ws";
import type { IngestListener } from "../domain/ingest.ts";
import { serveConnection, type ConnectionLimits, type LiveConnection } from "./connections/connection.ts";
import { createRecheck } from "./connections/recheck.ts";
import { createFeed, type Feed, type ReadKpis } from "./feed/feed.ts";
import type { LiveObserver } from "./ports/observer.ts";
import type { Ingested } from "./protocol/names.ts";
import { createCoalescer } from "./stream/coalesce.ts";
import type { Streams } from "./stream/streams.ts";

/** Who has connected, and how to find out later whether that is still good. */
export interface LiveClient {
  readonly tenant: string;
  stillGood(): Promise<boolean>;
  bytesRead(): number;
}

/** Why no further connection is taken. */
export class LiveRefused extends Error {
  override readonly name = "LiveRefused";
  readonly kind: "too_many_of_tenant" | "too_many" | "draining";

  constructor(kind: LiveRefused["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Live updates of all tenants at this replica. */
export interface Live {
  /** Throws `LiveRefused` where there is no room for one more. */
  checkRoom(tenant: string): void;
  join(socket: WebSocket, client: LiveClient): void;
  /** After each commit of this replica. */
  readonly ingested: IngestListener;
  /** Looks at all credentials, e.g. because some were changed. */
  recheck(): Promise<void>;
  readonly connections: number;
  /** Sends all clients elsewhere; what does not close in time is cut. Resolves when none is left. */
  close(timeoutMs: number): Promise<void>;
}

export interface LiveOptions extends ConnectionLimits {
  readonly streams: Streams;
  readonly readKpis: ReadKpis;
  readonly observer: LiveObserver;
  readonly maxConnections: number;
  readonly maxConnectionsPerTenant: number;
  /** What is committed within this time makes one entry. */
  readonly coalesceMs: number;
  /** Least time between two readings of the KPIs of a tenant. */
  readonly leastMs: number;
  /** KPIs are read again after this time, as windows of time move on by themselves. */
  readonly refreshMs: number;
  /** Credentials are looked at again after this time. */
  readonly recheckMs: number;
  /** Connections whose credentials could not be looked at for so long are ended. */
  readonly maxUnknownMs: number;
  /** Clients come back within this time, each at another moment. */
  readonly spreadMs: number;
}

const TICK_MS = 500;

export function createLive(options: LiveOptions): Live {
  const { streams, observer, maxConnections, maxConnectionsPerTenant } = options;
  const connections = new Set<LiveConnection>();
  const byTenant = new Map<string, number>();
  const feeds = new Map<string, { readonly feed: Feed; readonly ready: Promise<void>; users: number }>();
  const coalescer = createCoalescer(options.coalesceMs, streams.publish);
  let draining = false;
  let emptied = Promise.withResolvers<void>();

  streams.onAdvance((tenant) => feeds.get(tenant)?.feed.refresh());
  const timers = [
    every(TICK_MS, () => {
      const now = performance.now();
      connections.forEach((connection) => connection.tick(now));
    }),
    every(options.refreshMs, () => feeds.forEach(({ feed }) => feed.refresh())),
    every(options.recheckMs, () => void recheck()),
  ];

  async function enter(tenant: string): Promise<Feed> {
    let entry = feeds.get(tenant);
    if (entry === undefined) {
      const feed = createFeed({ ...options, tenant });
      feeds.set(tenant, (entry = { feed, ready: streams.follow(tenant), users: 0 }));
    }
    entry.users += 1;
    await entry.ready;
    return entry.feed;
  }

  function leave(tenant: string): void {
    const entry = feeds.get(tenant);
    if (entry === undefined) {
      return;
    }
    entry.users -= 1;
    if (entry.users === 0) {
      feeds.delete(tenant);
      entry.feed.close();
      streams.leave(tenant);
    }
  }

  function isFull(tenant: string): LiveRefused["kind"] | null {
    if (connections.size >= maxConnections) {
      return "too_many";
    }
    return (byTenant.get(tenant) ?? 0) >= maxConnectionsPerTenant ? "too_many_of_tenant" : null;
  }

  const recheck = createRecheck({ connections, maxUnknownMs: options.maxUnknownMs });

  return {
    checkRoom(tenant) {
      if (draining) {
        throw new LiveRefused("draining", "The service is being restarted; connect again.");
      }
      const kind = isFull(tenant);
      if (kind !== null) {
        observer.refused(tenant);
        throw new LiveRefused(kind, "There are as many live connections as may be.");
      }
    },
    join(socket, { tenant, stillGood, bytesRead }) {
      // Others may have come since it was asked for.
      const late = draining ? "restart" : isFull(tenant) === null ? null : "too_many_connections";
      byTenant.set(tenant, (byTenant.get(tenant) ?? 0) + 1);
      const connection = serveConnection({
        socket,
        tenant,
        limits: options,
        observer,
        enter: () => enter(tenant),
        leave: () => leave(tenant),
        stillGood,
        bytesRead,
        closed(ended) {
          connections.delete(ended);
          const left = (byTenant.get(tenant) ?? 1) - 1;
          if (left === 0) {
            byTenant.delete(tenant);
          } else {
            byTenant.set(tenant, left);
          }
          if (connections.size === 0) {
            emptied.resolve();
            emptied = Promise.withResolvers();
          }
        },
      });
      connections.add(connection);
      if (late !== null) {
        connection.end(late, options.spreadMs);
      }
    },
    ingested: ({ tenant, events }) => coalescer.add(tenant, countKinds(events), Date.now()),
    recheck,
    get connections() {
      return connections.size;
    },
    async close(timeoutMs) {
      draining = true;
      timers.forEach((timer) => clearInterval(timer));
      coalescer.close();
      if (connections.size > 0) {
        const left = emptied.promise;
        const spread = { baseMs: options.spreadMs, maxMs: options.spreadMs };
        // All at once would come to the next replica all at once.
        for (const connection of connections) {
          connection.end("restart", Math.round(backoffMs(1, spread)));
        }
        const timer = setTimeout(() => connections.forEach((one) => one.cut()), timeoutMs);
        await left;
        clearTimeout(timer);
      }
      feeds.forEach(({ feed }) => feed.close());
    },
  };
}

function every(ms: number, work: () => void): NodeJS.Timeout {
  return setInterval(work, ms).unref();
}

function countKinds(events: Parameters<IngestListener>[0]["events"]): Ingested {
  const scores = events.reduce((count, { kind }) => count + (kind === "score" ? 1 : 0), 0);
  return { activity: events.length - scores, score: scores };
}
