import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { decodeTraces, type CollectedSpan } from "./decode-traces.ts";

export interface OtlpReceiver {
  /** Where to export traces to: `http://127.0.0.1:<port>/v1/traces` */
  readonly url: string;
  /** All spans received, in order. */
  spans(): readonly CollectedSpan[];
  clear(): void;
  /** Requests that were no OTLP, each with what was wrong. */
  refused(): readonly string[];
  close(): Promise<void>;
}

/** Starts an OTLP/HTTP receiver for traces in JSON on 127.0.0.1. It is strict: what is not OTLP gets 400. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: CollectedSpan[] = [];
  const refused: string[] = [];
  const refuse = (res: ServerResponse, status: number, message: string) => {
    refused.push(message);
    send(res, status, { code: 3, message });
  };

  async function receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== "POST" || req.url !== "/v1/traces") {
      refuse(res, 404, `${req.method} ${req.url} is not POST /v1/traces`);
      return;
    }
    const type = req.headers["content-type"] ?? "";
    if (!/^application\/json(;|$)/.test(type)) {
      refuse(res, 415, `content type is ${type}; only application/json is understood`);
      return;
    }
    const body = await buffer(req);
    try {
      const text = req.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      spans.push(...decodeTraces(JSON.parse(text.toString())));
      send(res, 200, {});
    } catch (error) {
      refuse(res, 400, error instanceof Error ? error.message : String(error));
    }
  }

  const server = createServer((req, res) => {
    receive(req, res).catch(() => res.destroy());
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans: () => spans,
    clear: () => void spans.splice(0),
    refused: () => refused,
    close: () => closeServer(server),
  };
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
