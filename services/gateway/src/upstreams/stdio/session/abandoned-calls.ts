import { UpstreamError } from "../../../domain/upstream.ts";
import type { PostResponse } from "./post-responses.ts";
import type { PendingRequest, PendingRequests } from "./pending-requests.ts";

/** What becomes of calls whose clients have left. */
export interface AbandonedCalls {
  /** The client left before its reply began: there is nothing to resume, so its return is not awaited. */
  left(response: PostResponse, reason: UpstreamError): void;
  /** The client of an event stream left; it may come back with the id of the last event it saw. */
  awaitReturn(response: PostResponse): void;
  /** Forgets whose return is awaited. */
  clear(): void;
}

export function createAbandonedCalls(options: {
  readonly upstream: string;
  readonly resumeMs: number;
  readonly pending: PendingRequests;
  /** Sends to the server, if it still listens. */
  tell(message: string): void;
}): AbandonedCalls {
  const { upstream, pending } = options;
  const returns = new Map<PostResponse, NodeJS.Timeout>();

  function cancel({ id, method }: PendingRequest, reason: string): void {
    // A client must not cancel `initialize`; its session ends instead.
    if (method !== "initialize") {
      const params = { requestId: id, reason };
      options.tell(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
    }
  }

  /** A response that failed for one of its requests is of no use for the others. */
  function fail(response: PostResponse, error: UpstreamError): void {
    for (const request of pending.of(response)) {
      pending.abandon(request.id);
      cancel(request, error.message);
    }
    response.fail(error);
  }

  return {
    left: fail,
    awaitReturn: (response) => {
      clearTimeout(returns.get(response));
      const timer = setTimeout(() => {
        returns.delete(response);
        if (response.stream?.attached === false && !response.stream.finished) {
          fail(
            response,
            new UpstreamError("cancelled", `the caller left its call of upstream "${upstream}"`),
          );
        }
      }, options.resumeMs);
      returns.set(response, timer);
    },
    clear: () => {
      for (const timer of returns.values()) {
        clearTimeout(timer);
      }
      returns.clear();
    },
  };
}
