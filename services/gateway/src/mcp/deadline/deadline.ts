import { UpstreamError } from "../../domain/upstream.ts";
import { startIdleClock, type TimeLimits, type IdleClock } from "./idle-clock.ts";

/** Why an exchange was ended from this side. */
export type EndedBy = "client" | "timeout" | "cancellation" | "drain" | "session";

/** What can end an exchange from this side: the client, the clock, a cancellation, a gateway that drains, or the end of its session. */
export interface Deadline {
  /** For the upstream exchange. */
  readonly signal: AbortSignal;
  /** `null` until it is ended from this side; the first reason counts. */
  readonly endedBy: EndedBy | null;
  /** The server has said something about it. */
  touch(): void;
  /** What was to begin in time has begun and may last. */
  keepOpen(): void;
  end(by: EndedBy): void;
  /** Ends it within `ms` unless it is over by then. */
  endWithin(ms: number, by: EndedBy): void;
  /** Runs once when it is ended; at once when it has been. Takes the place of the listener before. */
  onEnd(listener: (by: EndedBy) => void): void;
  /** The exchange is over: nothing can end it any more. */
  close(): void;
}

const SILENT =
  "the server was silent about a request for longer than it may be (mcp.requestTimeout, timeouts.request)";

/** `timeLimits`: how long the server may take; `null` when only the client ends the exchange. */
export function createDeadline(client: AbortSignal, timeLimits: TimeLimits | null): Deadline {
  const controller = new AbortController();
  let closed = false;
  let listener: ((by: EndedBy) => void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let clock: IdleClock | null = null;

  function end(by: EndedBy): void {
    if (closed || deadline.endedBy !== null) {
      return;
    }
    deadline.endedBy = by;
    release();
    controller.abort(by === "timeout" ? new UpstreamError("upstream_timeout", SILENT) : undefined);
    listener?.(by);
  }

  function release(): void {
    if (timer !== null) {
      clearTimeout(timer);
    }
    clock?.stop();
    client.removeEventListener("abort", clientLeft);
  }

  function clientLeft(): void {
    end("client");
  }

  const deadline: Deadline & { endedBy: EndedBy | null } = {
    signal: controller.signal,
    endedBy: null,
    touch() {
      clock?.touch();
    },
    keepOpen() {
      clock?.stop();
    },
    end,
    endWithin(ms, by) {
      if (closed || deadline.endedBy !== null) {
        return;
      }
      if (timer !== null) {
        clearTimeout(timer);
      }
      timer = setTimeout(() => end(by), ms);
      timer.unref();
    },
    onEnd(added) {
      if (deadline.endedBy !== null) {
        added(deadline.endedBy);
      } else {
        listener = added;
      }
    },
    close() {
      if (closed) {
        return;
      }
      closed = true;
      release();
    },
  };

  if (timeLimits !== null) {
    clock = startIdleClock(timeLimits, () => end("timeout"));
  }
  if (client.aborted) {
    end("client");
  } else {
    client.addEventListener("abort", clientLeft, { once: true });
  }

  return deadline;
}
