import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** What becomes of a dependency, as its clients see it. */
export const DEPENDENCY_FAULTS = ["killed", "paused", "responds with garbage"] as const;
export type DependencyFault = (typeof DEPENDENCY_FAULTS)[number];

/** Stands in front of a server on 127.0.0.1, and makes it fail for those who reach it through here. */
export interface FaultProxy {
  readonly port: number;
  /** From now on, until `mend`: for the connections that there are, and for new ones. */
  strike(fault: DependencyFault): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startFaultProxy(serverPort: number): Promise<FaultProxy> {
  const pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  let fault: DependencyFault | null = null;

  const server = createServer({ noDelay: true }, (client) => {
    client.on("error", () => undefined);
    if (fault === "killed") {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    client.on("close", end);
    upstream.on("error", end).on("close", end);
    client.on("data", (chunk: Buffer) => {
      if (fault === "responds with garbage") {
        client.write(randomBytes(64));
      } else {
        upstream.write(chunk);
      }
    });
    upstream.on("data", (chunk: Buffer) =>
      client.write(fault === "responds with garbage" ? randomBytes(64) : chunk),
    );
    if (fault === "paused") {
      pause(pair);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    strike(struck) {
      fault = struck;
      for (const pair of pairs) {
        if (struck === "killed") {
          pair[0].resetAndDestroy();
        } else if (struck === "paused") {
          pause(pair);
        }
      }
    },
    mend() {
      const was = fault;
      fault = null;
      for (const [client, upstream] of pairs) {
        // What has talked nonsense is not taken for the server again.
        if (was === "responds with garbage") {
          client.resetAndDestroy();
        }
        client.resume();
        upstream.resume();
      }
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
      await closed;
    },
  };
}

/** Nothing is read from either side: as of a process that stands still, what is sent fills its buffers. */
function pause([client, upstream]: readonly [Socket, Socket]): void {
  client.pause();
  upstream.pause();
}
