import { Readable } from "node:stream";
import type { CallResult } from "../../domain/governance.ts";
import { UpstreamError, type UpstreamResponse } from "../../domain/upstream.ts";
import type { OpenCall } from "../calls/call-registry.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { createDeadline, type Deadline, type EndedBy } from "../deadline/deadline.ts";
import type { TimeLimits } from "../deadline/idle-clock.ts";
import { failureOf, type UpstreamFailure } from "../errors/upstream-failure.ts";
import { reportMalformed } from "./context/reports.ts";
import type { RequestContext } from "./context/request-context.ts";
import { idleLimitMs } from "./context/time-limits.ts";
import { endedFailure } from "./responding/fail-calls.ts";
import { relayRefusal } from "./responding/relay-refusal.ts";
import { CLIENT_LEFT } from "./responding/responses.ts";

/** What one exchange with an upstream server does in its own way. */
export interface ExchangeSteps {
  readonly context: RequestContext;
  /** The calls that an HTTP error may be about. */
  readonly calls: readonly OpenCall[];
  /** How long the server may take; `null` where only the client ends the exchange. */
  readonly timeLimits: TimeLimits | null;
  /** Before anything is sent. */
  begin?(deadline: Deadline): void;
  /** Rejects with an `UpstreamError`. */
  send(signal: AbortSignal): Promise<UpstreamResponse>;
  /** What the client gets of a response that is no HTTP error; records how its calls ended, now or when its stream ends. */
  relay(head: UpstreamResponse, deadline: Deadline): McpHttpResponse | Promise<McpHttpResponse>;
  /** The server refused it with an HTTP error: records that. What the client gets is returned, as it is or in another form. */
  refused(result: CallResult, response: McpHttpResponse): McpHttpResponse;
  /** It failed, or was ended from this side: records that and says what the client gets, unless it has left. */
  failed(failure: UpstreamFailure, endedBy: EndedBy | null): McpHttpResponse;
  /** It is over, unless its stream goes on. */
  over?(): void;
}

/**
 * One exchange, the same for all kinds: it has a deadline, the body of the response ends with it, an HTTP error is relayed as
 * a refusal, and whatever goes wrong is recorded before the client is told.
 */
export async function runExchange(steps: ExchangeSteps): Promise<McpHttpResponse> {
  const { context, timeLimits } = steps;
  const deadline = createDeadline(context.request.signal, timeLimits);
  context.presence.onEnd(() => deadline.end("drain"));
  context.use.onEnd(() => deadline.end("session"));
  let head: UpstreamResponse | null = null;
  let sending = false;
  let streams = false;
  try {
    steps.begin?.(deadline);
    // Its session may have ended while it was decided about.
    deadline.signal.throwIfAborted();
    sending = true;
    head = await steps.send(deadline.signal);
    endBodyWith(deadline, head);
    if (head.status < 200 || head.status >= 300) {
      if (timeLimits === null) {
        deadline.endWithin(idleLimitMs(context), "timeout");
      }
      const { response, result } = await relayRefusal(head, steps);
      return steps.refused(result, response);
    }
    const response = await steps.relay(head, deadline);
    streams = response.body instanceof Readable;
    return response;
  } catch (error) {
    head?.body.destroy();
    const { endedBy } = deadline;
    if (endedBy === null) {
      reportMalformed(context, error);
    }
    const failure = endedBy === null ? failureOf(error) : endedFailure(endedBy);
    const isUnsent = !sending || (error instanceof UpstreamError && error.unsent);
    const response = steps.failed(isUnsent ? { ...failure, unsent: true } : failure, endedBy);
    return endedBy === "client" ? CLIENT_LEFT : response;
  } finally {
    if (!streams) {
      deadline.close();
      steps.over?.();
    }
  }
}

/** From here on the body ends with the exchange, and a fault in a body that is not read is no fault of the process. */
function endBodyWith(deadline: Deadline, head: UpstreamResponse): void {
  // One that can be taken as a whole has its stream made when that is asked for, and listens to it.
  if (head.takeWhole === undefined) {
    head.body.on("error", () => {});
  }
  deadline.onEnd(() => head.body.destroy());
}
