import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { closeServer, listenOnLoopback } from "../loopback.ts";

export interface HeaderInjectorOptions {
  /** An `http:` URL; its path is that of the injector's own. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HeaderInjector {
  /** The target's URL with the injector's host and port. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Adds headers to every request on its way to the target, for callers that cannot send their own. All else
 * passes as it comes, both ways, unbuffered; a caller that hangs up is seen to hang up.
 */
export async function startHeaderInjector({
  target,
  headers,
}: HeaderInjectorOptions): Promise<HeaderInjector> {
  const { host, hostname, port, pathname, search } = new URL(target);
  const added = Object.entries(headers).flat();
  let own = "";

  const server = createServer((req, res) => {
    const outgoing = request({
      host: hostname,
      port,
      method: req.method,
      path: req.url,
      setHost: false,
      // Host and Origin stay what the caller made them, but for our own address.
      headers: [...req.rawHeaders.map((part) => part.replaceAll(own, host)), ...added],
    });
    relay(req, res, outgoing);
  });
  own = `127.0.0.1:${await listenOnLoopback(server)}`;
  return { url: `http://${own}${pathname}${search}`, close: () => closeServer(server) };
}

function relay(req: IncomingMessage, res: ServerResponse, outgoing: ClientRequest): void {
  outgoing.once("response", (incoming) => {
    res.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, incoming.rawHeaders);
    // Without this the head of a stream would wait for its first event.
    res.flushHeaders();
    incoming.pipe(res);
    incoming.once("error", () => res.destroy());
  });
  outgoing.once("error", () => res.destroy());
  res.once("close", () => outgoing.destroy());
  req.pipe(outgoing);
}
