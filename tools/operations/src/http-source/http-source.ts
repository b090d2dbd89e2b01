import { formatDuration } from "@sark/observability/settings";
import { readBody } from "./read-body.ts";
import { explainFailure, SourceError } from "./source-error.ts";

const MEBIBYTE = 1024 * 1024;

/** A server that commands ask for JSON: a gateway, a Prometheus, a Grafana, a trace store. */
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
  { method, path, body }: SourceRequest,
): Promise<SourceResponse> {
  const { url, headers = {}, timeoutMs, maxMebibytes, signal } = source;
  const limit = AbortSignal.timeout(timeoutMs);
  let text: string | null;
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { accept: "application/json", ...headers, ...contentType(body) },
      ...(body === undefined
        ? {}
        : { body: body instanceof URLSearchParams ? body.toString() : JSON.stringify(body) }),
      // A credential must not follow a redirection to another place.
      redirect: "error",
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    text = await readBody(response, maxMebibytes * MEBIBYTE);
  } catch (cause) {
    throw explainFailure(cause, source, formatDuration(timeoutMs));
  }
  if (text === null) {
    throw new SourceError(
      "unclear",
      `${url} responds with more than ${maxMebibytes} MiB, which no ${source.name} does.`,
    );
  }
  return { status: response.status, json: parsedBy(source.parse ?? JSON.parse, text) };
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) {
    return {};
  }
  return {
    "content-type":
      body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json",
  };
}

function parsedBy(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
