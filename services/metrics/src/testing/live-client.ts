import { WebSocket, type ClientOptions } from "ws";

/** A message as it came. */
export type Received = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A client of `/v1/live` that remembers what it was sent. */
export interface LiveClientUnderTest {
  readonly socket: WebSocket;
  readonly received: Received[];
  send(message: unknown): void;
  /** The first message that this holds for, of those that came and those to come. Rejects where the connection ends before. */
  message(matches: (message: Received) => boolean): Promise<Received>;
  /** Code and reason of the close frame. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): Promise<void>;
}

/** Resolves when the connection is open. Rejects with `{ status, body }` where it is refused. */
export async function connectLive(
  url: string,
  options: ClientOptions & { readonly protocols?: readonly string[] } = {},
): Promise<LiveClientUnderTest> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/live`, [...protocols], rest);
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  let isClosed = false;
  const opened = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    received.push(JSON.parse(data.toString("utf8")) as Received);
    waiting.forEach((look) => look());
  });
  socket.on("open", opened.resolve);
  socket.on("error", opened.reject);
  socket.on("unexpected-response", (_request, response) => {
    let body = "";
    response.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    response.on("end", () =>
      opened.reject({ status: response.statusCode, body: JSON.parse(body) as object }),
    );
  });
  socket.on("close", (code, reason) => {
    isClosed = true;
    closed.resolve({ code, reason: reason.toString("utf8") });
    waiting.forEach((look) => look());
  });
  await opened.promise;
  return {
    socket,
    received,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    message(matches) {
      const found = Promise.withResolvers<Received>();
      const look = () => {
        const one = received.find(matches);
        if (one !== undefined) {
          found.resolve(one);
        } else if (isClosed) {
          found.reject(new Error(`the connection ended; received: ${JSON.stringify(received)}`));
        } else {
          return;
        }
        waiting.delete(look);
      };
      waiting.add(look);
      look();
      return found.promise;
    },
    closed: closed.promise,
    async close() {
      socket.close();
      await closed.promise;
    },
  };
}
