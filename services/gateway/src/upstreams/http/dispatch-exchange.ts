import type { Dispatcher } from "undici";
import {
  abortedUnsent,
  abortReason,
  UpstreamError,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../domain/upstream.ts";
import { responseHeaders } from "./headers.ts";
import { ReceivedResponse, type ResponseSource } from "./received-response.ts";
import { toUpstreamError } from "./undici-errors.ts";

export interface ExchangeTarget {
  readonly name: string;
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  /** From the start, waiting for a connection included, to the response's head; 0 for none. */
  readonly headersTimeoutMs: number;
  /** Longest silence within the body; 0 for none. */
  readonly idleTimeoutMs: number;
}

/** Tells the pool where one exchange stands; `ended` is called exactly once. */
export interface ExchangeProgress {
  sent(): void;
  ended(): void;
  failed(error: UpstreamError): void;
}

/**
 * One HTTP exchange on undici's dispatcher. `dispatch` rather than `request`, because a request that
 * still waits for a connection must fail at once when its caller goes away, and because the faults of
 * a body must reach its reader as `UpstreamError`s without one more stream in between.
 */
export function dispatchExchange(
  target: ExchangeTarget,
  request: UpstreamRequest,
  progress: ExchangeProgress,
): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let response: ReceivedResponse | undefined;
    let over = false;

    const end = (error: UpstreamError | null) => {
      if (over) {
        return;
      }
      over = true;
      clearTimeout(deadline);
      request.signal.removeEventListener("abort", onAbort);
      if (error !== null) {
        progress.failed(error);
        response?.fail(error);
        reject(error);
      }
    };
    const abandon = (error: UpstreamError) => {
      if (!over) {
        end(error);
        controller?.abort(error);
      }
    };
    const onAbort = () =>
      abandon((controller === undefined ? abortedUnsent : abortReason)(target.name, request.signal));
    const deadline =
      target.headersTimeoutMs === 0
        ? undefined
        : setTimeout(
            () => abandon(headersTimeout(target, controller !== undefined)),
            target.headersTimeoutMs,
          );
    request.signal.addEventListener("abort", onAbort, { once: true });

    const source: ResponseSource = {
      resume: () => controller?.resume(),
      destroyed(error) {
        // Every body is destroyed in the end; an error with its stack is made only for one that was left.
        if (!over) {
          abandon(error instanceof UpstreamError ? error : cancelled(target.name, error));
        }
      },
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        progress.sent();
        controller = started;
        if (over) {
          started.abort(abortReason(target.name, request.signal));
        }
      },
      onResponseStart(_controller, status, headers) {
        if (status < 200) {
          return;
        }
        clearTimeout(deadline);
        if (status >= 300 && status < 400) {
          abandon(redirected(target, status, headers["location"]));
          return;
        }
        response = new ReceivedResponse(status, responseHeaders(headers), source);
        resolve(response);
      },
      onResponseData(active, chunk) {
        if (response?.push(chunk) === false) {
          active.pause();
        }
      },
      onResponseEnd() {
        end(null);
        progress.ended();
        response?.complete();
      },
      onResponseError(_controller, error) {
        end(toUpstreamError(target.name, error, controller !== undefined));
        progress.ended();
      },
    };

    if (request.signal.aborted) {
      onAbort();
      progress.ended();
      return;
    }
    try {
      target.dispatcher.dispatch(
        {
          origin: target.origin,
          path: target.path,
          method: request.method,
          headers: target.headers,
          body: request.body,
          // The deadline above covers the wait for a connection too, so undici's own is off.
          headersTimeout: 0,
          bodyTimeout: target.idleTimeoutMs,
        },
        handler,
      );
    } catch (error) {
      // undici throws at once on arguments it refuses, such as a header that cannot be sent.
      end(toUpstreamError(target.name, error, false));
      progress.ended();
    }
  });
}

function cancelled(name: string, cause: unknown): UpstreamError {
  return new UpstreamError("cancelled", `the caller left its exchange with upstream "${name}"`, { cause });
}

function redirected(
  { name, origin, path }: ExchangeTarget,
  status: number,
  location: unknown,
): UpstreamError {
  const base = new URL(path, origin);
  const to =
    typeof location === "string" && URL.canParse(location, base.href) ? new URL(location, base) : null;
  const remedy = to === null ? "configure the final URL" : `set its url to "${to.origin}${to.pathname}"`;
  return new UpstreamError(
    "upstream_redirected",
    `upstream "${name}" responded with ${status}; redirects are not followed, ${remedy}`,
  );
}

function headersTimeout(target: ExchangeTarget, connected: boolean): UpstreamError {
  const waited = connected ? "sent no response" : "had no free connection";
  return new UpstreamError(
    "upstream_timeout",
    `upstream "${target.name}" ${waited} within ${target.headersTimeoutMs} ms`,
    { unsent: !connected },
  );
}
