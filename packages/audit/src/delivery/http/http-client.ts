import { Agent } from "undici";
import { excerpt } from "./answer-text.ts";
import { exchange, type HttpRequest } from "./exchange.ts";
import { tlsOptions, type TlsSettings } from "./tls.ts";

export interface HttpClientSettings {
  readonly tls?: TlsSettings | undefined;
  /** From the first byte to the last of the answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** Takes secrets out of what is quoted of an answer. */
  readonly mask?: (text: string) => string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the body at most 64 KiB. */
  readonly text: string;
  /** What people may be shown of it: one line, cut, without secrets. */
  readonly excerpt: string;
}

/** Speaks to one receiver. Rejects when no whole answer comes in time. */
export interface HttpClient {
  exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

export function createHttpClient(settings: HttpClientSettings): HttpClient {
  const { timeoutMs, maxConnections, mask = (text) => text } = settings;
  const agent = new Agent({
    connections: maxConnections,
    connect: { ...tlsOptions(settings.tls), timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const limits = { timeoutMs, maxBytes: MAX_ANSWER_BYTES };
  return {
    async exchange(request, signal) {
      const { status, headers, body } = await exchange(agent, request, limits, signal);
      const text = body.toString("utf8");
      return {
        status,
        headers,
        text,
        // Only failures are told of. Cut last: of a secret that is cut no part would be found.
        get excerpt() {
          return excerpt(mask(text));
        },
      };
    },
    close: () => agent.destroy(),
  };
}
