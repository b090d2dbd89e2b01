import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { closeServer, listenOnLoopback } from "../../loopback.ts";
import { properResponse, type Message } from "../proper-response.ts";
import { responses } from "./responses.ts";
import { JSON_TYPE, type Behaviour } from "./behaviour.ts";
import { connections } from "./connections.ts";

const BEHAVIOURS = { ...responses, ...connections } satisfies Record<string, Behaviour>;
export type HttpMisbehaviour = keyof typeof BEHAVIOURS;

/** Every way in which it can misbehave. */
export const HTTP_MISBEHAVIOURS: readonly HttpMisbehaviour[] = Object.keys(BEHAVIOURS).filter(
  (name): name is HttpMisbehaviour => name in BEHAVIOURS,
);

export interface MisbehavingUpstreamOptions {
  /** The JSON-RPC methods that it misbehaves on; it responds to the others properly. Default: `tools/call`. */
  readonly methods?: readonly string[] | "all";
  /** Bytes of the enormous responses. Default: 64 MiB. */
  readonly bytes?: number;
  /** Milliseconds between the pieces of what is slow or endless. Default: 20. */
  readonly ms?: number;
}

export interface MisbehavedRequest {
  readonly behaviour: HttpMisbehaviour;
  readonly httpMethod: string;
  readonly headers: IncomingMessage["headers"];
  /** The JSON-RPC method; `null` where there was none. */
  readonly method: string | null;
  /** Whether the response was bad, or proper. */
  readonly misbehaved: boolean;
  /** The response went out to its end. */
  finished: boolean;
  /** The connection is closed, from whichever side. */
  closed: boolean;
  /** Bytes that the connection has taken, of this response and those before it. */
  bytesSent(): number;
}

export interface MisbehavingUpstream {
  /** The MCP endpoint that misbehaves in this way. */
  url(behaviour: HttpMisbehaviour): string;
  requests(): readonly MisbehavedRequest[];
  close(): Promise<void>;
}

/** Starts an MCP server on 127.0.0.1 that speaks all revisions a little, and gets `tools/call` wrong. */
export async function startMisbehavingUpstream(
  options: MisbehavingUpstreamOptions = {},
): Promise<MisbehavingUpstream> {
  const { methods = ["tools/call"], bytes = 64 * 2 ** 20, ms = 20 } = options;
  const requests: MisbehavedRequest[] = [];

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const behaviour = HTTP_MISBEHAVIOURS.find((name) => `/${name}` === req.url);
    if (behaviour === undefined) {
      res.writeHead(404).end();
      return;
    }
    const message = parse(await text(req));
    const misbehaved = methods === "all" || methods.includes(message.method ?? "");
    requests.push(record(req, res, { behaviour, message, misbehaved }));
    if (misbehaved) {
      const misbehave: Behaviour = BEHAVIOURS[behaviour];
      await misbehave({ req, res, message, bytes, ms });
    } else {
      behave(req, res, message);
    }
  }

  const server = createServer((req, res) => {
    // The caller may go away at any point, and that is part of the game.
    serve(req, res).catch(() => res.destroy());
  });
  const port = await listenOnLoopback(server);
  return {
    url: (behaviour) => `http://127.0.0.1:${port}/${behaviour}`,
    requests: () => requests,
    close: () => closeServer(server),
  };
}

function behave(req: IncomingMessage, res: ServerResponse, message: Message): void {
  if (req.method !== "POST") {
    res.writeHead(req.method === "DELETE" ? 200 : 405).end();
    return;
  }
  const response = properResponse(message);
  const session = message.method === "initialize" ? { "mcp-session-id": "misbehaving" } : {};
  if (response === null) {
    res.writeHead(202).end();
  } else {
    res.writeHead(200, { ...JSON_TYPE, ...session }).end(response);
  }
}

function record(
  req: IncomingMessage,
  res: ServerResponse,
  about: { behaviour: HttpMisbehaviour; message: Message; misbehaved: boolean },
): MisbehavedRequest {
  const { socket } = req;
  const entry: MisbehavedRequest = {
    behaviour: about.behaviour,
    httpMethod: req.method ?? "",
    headers: req.headers,
    method: about.message.method ?? null,
    misbehaved: about.misbehaved,
    finished: false,
    closed: false,
    bytesSent: () => socket.bytesWritten,
  };
  res.once("finish", () => (entry.finished = true));
  socket.once("close", () => (entry.closed = true));
  return entry;
}

function parse(body: string): Message {
  try {
    const message: Message | null = JSON.parse(body);
    return message ?? {};
  } catch {
    return {};
  }
}
