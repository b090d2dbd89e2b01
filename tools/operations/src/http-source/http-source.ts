import { formatDuration } from "@sark/observability/forms";
import { readBody } from "./read-body.ts";
import { sendRequest, type HttpResponse } from "./send-request.ts";
import { explainFailure, SourceError } from "./source-error.ts";

const MEBIBYTE = 1024 * 1024;

/** A server that commands ask: a gateway, a Prometheus, a Grafana, a trace store. */
export interface HttpSourceSettings {
  /** As messages name it. */
  readonly name: string;
  /** Checked by `parseAddress`. */
  readonly url: string;
  /** Credentials. They go nowhere but to `url`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For a whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /** A server that says more must not fill the memory. */
  readonly maxMebibytes: number;
  /** Ends exchanges that run. */
  readonly signal?: AbortSignal;
  /** Reads JSON. Default: `JSON.parse`, which rounds numbers to doubles. */
  parse?(text: string): unknown;
}

export interface SourceRequest {
  readonly method: string;
  /** Appended to the URL of the source. */
  readonly path: string;
  /** Sent as JSON, or, as `URLSearchParams`, as a form. */
  readonly body?: unknown;
}

export interface SourceResponse {
  readonly status: number;
  /** `undefined` where the body is empty, or no JSON. */
  readonly json: unknown;
}

/** Sends a request and reads the response whole. Rejects with a `SourceError` where none came, or too much. */
export async function exchangeJson(
  source: HttpSourceSettings,
  request: SourceRequest,
): Promise<SourceResponse> {
  const limit = AbortSignal.timeout(source.timeoutMs);
  try {
    return await readJson(source, await send(source, request, limit));
  } catch (cause) {
    throw explained(cause, source);
  }
}

/**
 * The same for a response of any size: its bytes as they come, where it is a success. The time limit is for its beginning.
 * The bytes reject with a `SourceError` where they end before their time.
 */
export async function exchangeBytes(
  source: HttpSourceSettings,
  request: SourceRequest,
): Promise<SourceResponse | { readonly body: AsyncIterable<Uint8Array> }> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new DOMException("no response in time", "TimeoutError")),
    source.timeoutMs,
  );
  try {
    const response = await send(source, request, limit.signal);
    return isSuccess(response) ? { body: pieces(response, source) } : await readJson(source, response);
  } catch (cause) {
    throw explained(cause, source);
  } finally {
    clearTimeout(timer);
  }
}

async function send(
  { name, url, headers, signal }: HttpSourceSettings,
  { method, path, body }: SourceRequest,
  limit: AbortSignal,
): Promise<HttpResponse> {
  const response = await sendRequest({
    url: `${url}${path}`,
    method,
    headers: { accept: "application/json", ...headers },
    body,
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
  });
  if (response.status >= 300 && response.status < 400) {
    throw new SourceError(
      "unclear",
      `No ${name} responds at ${url}: it sends requests elsewhere (HTTP ${response.status}).`,
    );
  }
  return response;
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

async function readJson(source: HttpSourceSettings, response: HttpResponse): Promise<SourceResponse> {
  const { url, name, maxMebibytes } = source;
  const text = await readBody(response, maxMebibytes * MEBIBYTE);
  if (text === null) {
    throw new SourceError(
      "unclear",
      `${url} responds with more than ${maxMebibytes} MiB, which no ${name} does.`,
    );
  }
  return { status: response.status, json: parsedBy(source.parse ?? JSON.parse, text) };
}

async function* pieces(response: HttpResponse, source: HttpSourceSettings): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body;
  } catch (cause) {
    const { name, url } = source;
    throw new SourceError("unreachable", `The ${name} at ${url} ended its response before its time.`, {
      cause,
    });
  }
}

function explained(cause: unknown, source: HttpSourceSettings): SourceError {
  return cause instanceof SourceError
    ? cause
    : explainFailure(cause, source, formatDuration(source.timeoutMs));
}

function parsedBy(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
