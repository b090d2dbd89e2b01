import { MalformedResponse } from "../../errors/malformed-response.ts";
import type { Rejection } from "../../errors/rejection.ts";
import type { HttpSessionEnd } from "../../contract/observer.ts";
import type { RequestContext } from "./request-context.ts";

/** One event for a message that the gateway responds to itself. */
export function reportRefused({ parts, upstream, caller }: RequestContext, rejection: Rejection): void {
  const { status, type: errorType, message } = rejection;
  parts.observer.requestRefused({ server: upstream.name, status, errorType, message, caller });
}

/** One event when a failure was a malformed response of the server. */
export function reportMalformed({ parts, upstream, caller }: RequestContext, error: unknown): void {
  if (!(error instanceof MalformedResponse)) {
    return;
  }
  const { correlationId } = caller;
  parts.observer.malformedUpstream({ server: upstream.name, problem: error.problem, correlationId });
}

/** The session is over, for all replicas once this resolves. One event; the bridge reports those of stdio servers itself. */
export function reportSessionEnd(context: RequestContext, reason: HttpSessionEnd): Promise<void> | undefined {
  const { parts, upstream, session, caller } = context;
  if (session === null) {
    return undefined;
  }
  const { fingerprint } = session;
  const tell = (first: boolean) => {
    if (first && upstream.transport === "tcp") {
      parts.observer.sessionEnded({ server: upstream.name, session: fingerprint, caller, reason });
    }
  };
  const first = parts.sessions.over(fingerprint, reason);
  if (first instanceof Promise) {
    return first.then(tell);
  }
  tell(first);
  return undefined;
}
