import { Agent, buildConnector } from "undici";
import type { ReplicaTls } from "./tls-files.ts";

/** Connections to other replicas. */
export interface Connections {
  /** For the next request: after a change of the files of TLS it is another one, and those under way go on. */
  agent(): Agent;
  close(): Promise<void>;
}

/** No connection was made: nothing was sent. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

const CONNECT_TIMEOUT_MS = 2_000;
/** Shorter than the receiver keeps a connection, so that none is used while it is being closed. */
const KEPT_MS = 10_000;

/** @param tls `null`: plain */
export function createConnections(tls: ReplicaTls | null): Connections {
  let files = tls?.current();
  let current = open();

  function open(): Agent {
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, maxCachedSessions: 0, ...files });
    return new Agent({
      connect: (options, callback) =>
        connect(options, (...[error, socket]) =>
          error === null
            ? callback(null, socket)
            : callback(new NotConnected("no connection to the replica", { cause: error }), null),
        ),
      keepAliveTimeout: KEPT_MS,
      // How long it may take is known to the receiver, which governs it, and to the one who asks here.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  return {
    agent() {
      const now = tls?.current();
      if (now !== files) {
        files = now;
        void current.close();
        current = open();
      }
      return current;
    },
    close: () => current.destroy(),
  };
}
