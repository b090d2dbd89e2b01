import { Pool } from "undici";
import { UpstreamError } from "../../domain/upstream.ts";
import type { PoolFigures } from "../observer.ts";

export interface ConnectionPoolOptions {
  readonly upstream: string;
  readonly origin: string;
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number;
  readonly connections: number;
  /** Exchanges that may wait for a free connection. */
  readonly maxWaiting: number;
}

/** undici's pool with a bound on its queue, and with figures of what it does. */
export interface ConnectionPool {
  readonly dispatcher: Pool;
  /** Takes a place in the queue; throws `upstream_overloaded` when it is full. */
  enter(): { sent(): void; ended(): void };
  figures(): PoolFigures;
  close(): Promise<void>;
}

/** Longest head of a response, all its fields together. */
const MAX_HEAD_BYTES = 64 * 1024;

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const dispatcher = new Pool(options.origin, {
    connections: options.connections,
    pipelining: 1,
    // One exchange per connection keeps the bounds and figures below meaning what they say.
    allowH2: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: {
      timeout: options.connectTimeoutMs,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
  });
  let waiting = 0;
  let inUse = 0;
  return {
    dispatcher,
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
      size: dispatcher.stats.connected,
      inUse,
      waiting,
      limit: options.connections,
    }),
    close: () =>
      dispatcher.destroy(new UpstreamError("upstream_unreachable", "the gateway is closing its connections")),
  };
}
