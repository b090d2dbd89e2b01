import { Agent, request } from "undici";
import { excerpt } from "./answer-text.ts";
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

interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
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
  return {
    async exchange({ method, url, headers, body }, signal) {
      const limit = startLimit(signal, timeoutMs);
      try {
        const answer = await request(url, {
          method,
          headers,
          body: body ?? null,
          signal: limit.signal,
          dispatcher: agent,
        });
        const text = await readBounded(answer.body);
        return {
          status: answer.statusCode,
          headers: answer.headers,
          text,
          // Only failures are told of. Cut last: of a secret that is cut no part would be found.
          get excerpt() {
            return excerpt(mask(text));
          },
        };
      } finally {
        limit.end();
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * Aborted when `signal` is, or when the time is over: an answer that drips keeps every idle timer alive, only a limit on
 * the whole ends it. `AbortSignal.any` does the same with weak references, and takes as long as the rest of a request.
 */
function startLimit(
  signal: AbortSignal,
  timeoutMs: number,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const limit = new AbortController();
  const giveUp = (): void => limit.abort(signal.reason);
  const timer = setTimeout(
    () => limit.abort(new DOMException(`no whole answer within ${timeoutMs} ms`, "TimeoutError")),
    timeoutMs,
  );
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  return {
    signal: limit.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    },
  };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the stream.
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString("utf8");
}
