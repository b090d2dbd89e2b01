import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

interface Pair {
  cutAt: "request" | "response" | null;
  readonly sockets: readonly Socket[];
  /** What of the texts that are waited for was not sent yet. */
  awaited: { readonly by: Sought; left: readonly string[] } | null;
}

interface Sought {
  readonly texts: readonly string[];
  found(): void;
}

/** Stands between the producers and PostgreSQL, and cuts connections where it hurts. */
export interface CuttingProxy {
  readonly port: number;
  /** Every connection is cut at its next message to the server, which never arrives. */
  cutBeforeRequest(): void;
  /** Every connection is cut at the server's next response: it has done what it was asked to, and its caller does not learn of it. */
  cutBeforeResponse(): void;
  /**
   * The first connection over which all of these texts were sent, in this order, is cut at the server's response to the
   * last: it has done what it was asked to. Resolves when that has happened.
   */
  cutResponseTo(...texts: readonly string[]): Promise<void>;
  /** All connections are cut, and new ones, too, until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const pairs = new Set<Pair>();
  let sought: Sought | null = null;
  let away = false;
  const server = createServer({ noDelay: true }, (client) => {
    if (away) {
      client.on("error", () => undefined).resetAndDestroy();
      return;
    }
    const upstream = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    const pair: Pair = { cutAt: null, sockets: [client, upstream], awaited: null };
    pairs.add(pair);
    const cut = (): void => {
      pairs.delete(pair);
      client.resetAndDestroy();
      upstream.destroy();
    };
    const pass = (from: Socket, to: Socket, at: "request" | "response"): void => {
      from.on("data", (chunk: Buffer) => {
        if (at === "request" && sought !== null && sent(pair, sought, chunk)) {
          pair.cutAt = "response";
          sought = null;
        }
        if (pair.cutAt === at) {
          cut();
          pair.awaited?.by.found();
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
    cutResponseTo: (...texts) =>
      new Promise((resolve) => {
        sought = { texts, found: resolve };
      }),
    goAway() {
      away = true;
      for (const { sockets } of pairs) {
        sockets.forEach((socket) => socket.resetAndDestroy());
      }
    },
    comeBack() {
      away = false;
    },
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

/** Notes what of the sought texts this connection sends; whether it has sent all of them, and is the first to. */
function sent(pair: Pair, by: Sought, chunk: Buffer): boolean {
  if (pair.awaited?.by !== by) {
    pair.awaited = { by, left: by.texts };
  }
  const text = chunk.toString("latin1");
  while (pair.awaited.left[0] !== undefined && text.includes(pair.awaited.left[0])) {
    pair.awaited.left = pair.awaited.left.slice(1);
  }
  return pair.awaited.left.length === 0;
}
