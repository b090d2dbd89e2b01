import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";

/** A TCP proxy in front of a database whose connections can be broken while it lives. */
export interface Proxy {
  /** The connection string through the proxy. */
  readonly url: string;
  /** Resets every connection. */
  reset(): void;
  /** The next response of the server is swallowed, and every connection is reset instead. */
  loseNextResponse(): void;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let losing = false;

  function resetAll(): void {
    for (const pair of pairs) {
      for (const socket of pair) {
        socket.resetAndDestroy();
      }
    }
    pairs.clear();
  }

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      if (losing) {
        losing = false;
        resetAll();
      } else {
        client.write(chunk);
      }
    });
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        for (const other of pair) {
          other.destroy();
        }
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    reset: resetAll,
    loseNextResponse() {
      losing = true;
    },
    async close() {
      server.close();
      resetAll();
      await once(server, "close");
    },
  };
}
