import { UpstreamError } from "../../../domain/upstream.ts";
import type { Answer } from "./post-responses.ts";
import type { PendingRequest, PendingRequests } from "./pending-requests.ts";

/** What becomes of calls whose clients have left. */
export interface AbandonedCalls {
  /** The client left before its reply began: there is nothing to resume, so its return is not awaited. */
  left(answer: Answer, reason: UpstreamError): void;
  /** The client of an event stream left; it may come back with the id of the last event it saw. */
  awaitReturn(answer: Answer): void;
  /** Forgets whose return is awaited. */
  clear(): void;
}

export function createAbandonedCalls(options: {
  readonly upstream: string;
  readonly resumeMs: number;
  readonly pending: PendingRequests;
  /** Sends to the server, if it still listens. */
  trySend(message: string): void;
}): AbandonedCalls {
  const { upstream, pending } = options;
  const returns = new Map<Answer, NodeJS.Timeout>();

  function cancel({ id, method }: PendingRequest, reason: string): void {
    // A client must not cancel `initialize`; its session ends instead.
    if (method !== "initialize") {
      const params = { requestId: id, reason };
      options.trySend(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
    }
  }

  /** An answer that failed for one of its requests is of no use for the others. */
  function fail(answer: Answer, error: UpstreamError): void {
    for (const request of pending.of(answer)) {
      pending.abandon(request.id);
      cancel(request, error.message);
    }
    answer.fail(error);
  }

  return {
    left: fail,
    awaitReturn: (answer) => {
      clearTimeout(returns.get(answer));
      const timer = setTimeout(() => {
        returns.delete(answer);
        if (answer.stream?.attached === false && !answer.stream.finished) {
          fail(answer, new UpstreamError("cancelled", `the caller left its call of upstream "${upstream}"`));
        }
      }, options.resumeMs);
      returns.set(answer, timer);
    },
    clear: () => {
      for (const timer of returns.values()) {
        clearTimeout(timer);
      }
      returns.clear();
    },
  };
}
