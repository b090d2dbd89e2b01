import type { Dispatcher } from "undici";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** The beginning of a response. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ExchangeLimits {
  /** From now to the last byte that is read, in milliseconds: a response that drips keeps every idle timer alive. */
  readonly timeoutMs: number;
  /** Of the response; the rest is not read. */
  readonly maxBytes: number;
}

/**
 * Sends a request and reads the beginning of its response, without a stream in between: for a response of one line that
 * would be half of the work. Rejects when no whole response comes in time, or `signal` is aborted.
 */
export function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: HttpRequest,
  { timeoutMs, maxBytes }: ExchangeLimits,
  signal: AbortSignal,
): Promise<RawResponse> {
  if (signal.aborted) {
    return Promise.reject(signal.reason as Error);
  }
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let head: Omit<RawResponse, "body"> | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let failure: Error | undefined;

  const giveUp = (): void => fail(signal.reason as Error);
  const timer = setTimeout(
    () => fail(new DOMException(`no whole response within ${timeoutMs} ms`, "TimeoutError")),
    timeoutMs,
  );
  signal.addEventListener("abort", giveUp, { once: true });

  function end(): void {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }

  function fail(error: Error): void {
    end();
    failure = error;
    reject(error);
    controller?.abort(error);
  }

  function succeed(): void {
    end();
    if (head === undefined) {
      reject(new Error("the response has no beginning"));
    } else {
      resolve({ ...head, body: Buffer.concat(chunks).subarray(0, maxBytes) });
    }
  }

  const { origin, pathname, search } = new URL(url);
  dispatcher.dispatch(
    { origin, path: pathname + search, method, headers, body: body ?? null },
    {
      onRequestStart(started) {
        controller = started;
        // Given up while it waited for a connection: it must not be sent any more.
        if (failure !== undefined) {
          started.abort(failure);
        }
      },
      onResponseStart(_controller, status, headers) {
        // 1xx only announce the response.
        if (status >= 200) {
          head = { status, headers };
        }
      },
      onResponseData(receiving, chunk) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes < maxBytes) {
          return;
        }
        succeed();
        receiving.abort(new Error("the rest of the response is not read"));
      },
      onResponseEnd: succeed,
      onResponseError: (_controller, error) => fail(error),
    },
  );
  return promise;
}
