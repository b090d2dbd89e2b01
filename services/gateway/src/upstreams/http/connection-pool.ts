import { Pool } from "undici";
import { UpstreamError } from "../../domain/upstream.ts";
import type { PoolFigures } from "../contract/observer.ts";

export interface ConnectionPoolOptions {
  readonly upstream: string;
  readonly origin: string;
  /** That of now. */
  readonly ca: (() => string | undefined) | undefined;
  readonly connectTimeoutMs: number;
  readonly connections: number;
  /** Exchanges that may wait for a free connection. */
  readonly maxWaiting: number;
}

/** undici's pool with a bound on its queue, and with figures of what it does. */
export interface ConnectionPool {
  /** With the authority of now: connections that have proven themselves by a former one end with what is under way. */
  readonly dispatcher: Pool;
  /** Takes a place in the queue; throws `upstream_overloaded` when it is full. */
  enter(): { sent(): void; ended(): void };
  figures(): PoolFigures;
  close(): Promise<void>;
}

/** Longest head of a response, all its fields together. */
const MAX_HEAD_BYTES = 64 * 1024;

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  let ca = options.ca?.();
  let pool = createPool(options, ca);
  const retired = new Set<Pool>();

  function current(): Pool {
    const now = options.ca?.();
    if (now === ca) {
      return pool;
    }
    const former = pool;
    ca = now;
    pool = createPool(options, now);
    retired.add(former);
    void former.close().finally(() => retired.delete(former));
    return pool;
  }

  let waiting = 0;
  let inUse = 0;
  return {
    get dispatcher() {
      return current();
    },
    enter: () => {
      if (inUse + waiting >= options.connections + options.maxWaiting) {
        throw new UpstreamError(
          "upstream_overloaded",
          `upstream "${options.upstream}" has ${inUse} exchanges in flight and ${waiting} waiting, which is its limit`,
        );
      }
      waiting += 1;
      let state: "waiting" | "sent" | "ended" = "waiting";
      return {
        sent: () => {
          if (state === "waiting") {
            state = "sent";
            waiting -= 1;
            inUse += 1;
          }
        },
        ended: () => {
          if (state === "waiting") {
            waiting -= 1;
          } else if (state === "sent") {
            inUse -= 1;
          }
          state = "ended";
        },
      };
    },
    figures: () => ({
      size: [pool, ...retired].reduce((sum, { stats }) => sum + stats.connected, 0),
      inUse,
      waiting,
      limit: options.connections,
    }),
    close: async () => {
      const reason = new UpstreamError("upstream_unreachable", "the gateway is closing its connections");
      await Promise.all([pool, ...retired].map((one) => one.destroy(reason)));
    },
  };
}

function createPool(options: ConnectionPoolOptions, ca: string | undefined): Pool {
  return new Pool(options.origin, {
    connections: options.connections,
    pipelining: 1,
    // One exchange per connection keeps the bounds and figures meaning what they say.
    allowH2: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: { timeout: options.connectTimeoutMs, ...(ca === undefined ? {} : { ca }) },
  });
}
