import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** An address that is known before what stands behind it, as that of a load balancer is. */
export interface TcpFront {
  readonly url: string;
  /** Where connections go from now on. */
  forwardTo(url: string): void;
  close(): Promise<void>;
}

export async function startTcpFront(): Promise<TcpFront> {
  let port = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => void sockets.delete(socket));
    }
    client.pipe(target).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => void (port = Number(new URL(url).port)),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}
