import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** Stands between the producers and PostgreSQL, and cuts connections where it hurts. */
export interface CuttingProxy {
  readonly port: number;
  /** Every connection is cut at its next message to the server, which never arrives. */
  cutBeforeRequest(): void;
  /** Every connection is cut at the server's next response: it has done what it was asked to, and its caller does not learn of it. */
  cutBeforeResponse(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const pairs = new Set<{ cutAt: "request" | "response" | null; readonly sockets: readonly Socket[] }>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    const pair = { cutAt: null as "request" | "response" | null, sockets: [client, upstream] };
    pairs.add(pair);
    const cut = (): void => {
      pairs.delete(pair);
      client.resetAndDestroy();
      upstream.destroy();
    };
    const pass = (from: Socket, to: Socket, at: "request" | "response"): void => {
      from.on("data", (chunk: Buffer) => {
        if (pair.cutAt === at) {
          cut();
        } else if (!to.write(chunk)) {
          from.pause();
        }
      });
      to.on("drain", () => from.resume());
      from.on("error", cut);
      from.on("close", cut);
    };
    pass(client, upstream, "request");
    pass(upstream, client, "response");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const arm = (at: "request" | "response"): void => {
    for (const pair of pairs) {
      pair.cutAt = at;
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    cutBeforeRequest: () => arm("request"),
    cutBeforeResponse: () => arm("response"),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const { sockets } of pairs) {
        sockets.forEach((socket) => socket.destroy());
      }
      await closed;
    },
  };
}
