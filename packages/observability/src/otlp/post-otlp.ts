/** What a collector responded, or as much of it as is looked at. */
export interface OtlpResponse {
  readonly status: number;
  /** `Retry-After`, as it stands there. */
  readonly retryAfter: string | undefined;
  /** Its beginning, where it is larger than what is looked at. */
  readonly body: string;
  readonly isWhole: boolean;
}

export interface OtlpRequest {
  /** User and password in it are sent as a header. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** For all of it, until the end of the response: a receiver that sends a byte now and then does not hold it up. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

/** Of a response no more is looked at. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/**
 * Sends one request of OTLP/HTTP in JSON. Rejects when there is no response within the time. A redirection is a
 * response like another one: what is sent goes to where it was told to, and nowhere else.
 */
export async function postOtlp({
  endpoint,
  headers,
  body,
  timeoutMs,
  signal,
}: OtlpRequest): Promise<OtlpResponse> {
  const { url, authorization } = splitCredential(endpoint);
  const ending = new AbortController();
  const end = (): void => ending.abort(new Error("ended"));
  const timer = setTimeout(() => ending.abort(new Error(`no response within ${timeoutMs} ms`)), timeoutMs);
  // Not `AbortSignal.any`: the caller's signal lives as long as the process.
  signal?.addEventListener("abort", end);
  try {
    signal?.throwIfAborted();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization, ...headers },
      body,
      redirect: "manual",
      signal: ending.signal,
    });
    const retryAfter = response.headers.get("retry-after") ?? undefined;
    return { status: response.status, retryAfter, ...(await readStart(response)) };
  } catch (error) {
    throw ending.signal.aborted ? (ending.signal.reason as Error) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

/** `fetch` takes no address that has a user in it. */
function splitCredential(endpoint: string): { url: URL; authorization: Record<string, string> } {
  const url = new URL(endpoint);
  if (url.username === "" && url.password === "") {
    return { url, authorization: {} };
  }
  const credential = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return { url, authorization: { authorization: `Basic ${Buffer.from(credential).toString("base64")}` } };
}

/** What is beyond is not waited for: to leave the loop closes the connection. */
async function readStart(response: Response): Promise<Pick<OtlpResponse, "body" | "isWhole">> {
  const decoder = new TextDecoder();
  let body = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    const left = MAX_RESPONSE_BYTES - bytes;
    bytes += part.length;
    body += decoder.decode(part.subarray(0, Math.max(0, left)), { stream: true });
    if (bytes > MAX_RESPONSE_BYTES) {
      return { body, isWhole: false };
    }
  }
  return { body: body + decoder.decode(), isWhole: true };
}

/** `fetch` itself only says that it failed. */
export function failureOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}
