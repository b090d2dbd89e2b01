import { connect, type Socket } from "node:net";

/** One connection that repeats one request and waits for each response: HTTP/1.1 at a few microseconds a request. */
export interface Caller {
  /** Resolves to the response; one at a time. */
  send(): Promise<{ readonly status: number; readonly body: string }>;
  close(): void;
}

interface Repeated {
  /** Default: POST. */
  readonly method?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The load shares the machine with what is measured: a client library's share of the processor would be counted
 * against every server alike, and level out their differences.
 */
export async function openCaller({ method = "POST", url, headers, body }: Repeated): Promise<Caller> {
  const { hostname, port, pathname, host } = new URL(url);
  const lines = Object.entries({ host, ...headers, "content-length": String(Buffer.byteLength(body)) });
  const request = Buffer.from(
    `${method} ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
  let waiting: PromiseWithResolvers<{ status: number; body: string }> | undefined;
  let received = "";
  const socket = await connected(hostname, Number(port));
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
    const response = parseResponse(received);
    if (response === null) {
      return;
    }
    received = "";
    waiting?.resolve(response);
  });
  socket.on("error", (error) => waiting?.reject(error));
  socket.on("close", () => waiting?.reject(new Error("the server closed the connection")));
  return {
    send() {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close() {
      socket.destroy();
    },
  };
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked\r\n/i;
const LAST_CHUNK = "\r\n0\r\n\r\n";

/** A response with a length or in chunks (left as they are), as nothing follows before the next request; `null` while it is incomplete. */
function parseResponse(text: string): { readonly status: number; readonly body: string } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) {
    return null;
  }
  const head = text.slice(0, end + 2);
  const start = end + 4;
  const length = LENGTH.exec(head)?.[1];
  const whole =
    length === undefined
      ? CHUNKED.test(head) && text.endsWith(LAST_CHUNK)
      : text.length - start >= Number(length);
  return whole ? { status: Number(text.slice(9, 12)), body: text.slice(start) } : null;
}
