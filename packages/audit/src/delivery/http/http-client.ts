import { Agent } from "undici";
import { excerpt } from "./response-text.ts";
import { exchange, type HttpRequest } from "./exchange.ts";
import { probeConnection } from "./connection-probe.ts";
import { openTlsFiles, type TlsNotice } from "./tls-files.ts";
import type { TlsOptions, TlsSettings } from "./tls.ts";

export interface HttpClientSettings {
  readonly tls?: TlsSettings | undefined;
  readonly tlsNotice?: TlsNotice | undefined;
  /** From the first byte to the last of the response, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** Takes secrets out of what is quoted of a response. */
  mask?(text: string): string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the body at most 64 KiB. */
  readonly text: string;
  /** What people may be shown of it: one line, cut, without secrets. */
  readonly excerpt: string;
}

/** Speaks to one receiver. Rejects when no whole response comes in time. */
export interface HttpClient {
  exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** Opens a connection to the URL and ends it, without a request. */
  probe(url: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const MAX_RESPONSE_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/** Throws `DeliveryError` when a file of the TLS settings cannot be used. */
export function createHttpClient(settings: HttpClientSettings): HttpClient {
  const { timeoutMs, maxConnections, mask = (text) => text } = settings;
  const files = openTlsFiles(settings.tls, settings.tlsNotice);
  let tls = files.current();
  let agent = createAgent(tls);
  /** Agents of former files, until what is under way on them has ended. */
  const retired = new Set<Agent>();

  function createAgent(options: TlsOptions): Agent {
    return new Agent({
      connections: maxConnections,
      connect: { ...options, timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** Other files, other connections: those that are open have proven themselves by the former ones. */
  function currentAgent(): Agent {
    const now = files.current();
    if (now === tls) {
      return agent;
    }
    const former = agent;
    tls = now;
    agent = createAgent(now);
    retired.add(former);
    const forget = () => void retired.delete(former);
    // It also rejects where the whole client is closed meanwhile.
    former.close().then(forget, forget);
    return agent;
  }

  const limits = { timeoutMs, maxBytes: MAX_RESPONSE_BYTES };
  return {
    async exchange(request, signal) {
      const { status, headers, body } = await exchange(currentAgent(), request, limits, signal);
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
    probe: (url, signal) => probeConnection(url, files.current(), signal),
    async close() {
      await Promise.all([agent, ...retired].map((one) => one.destroy()));
    },
  };
}
