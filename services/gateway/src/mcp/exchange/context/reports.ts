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

/** The session is over. One event; the bridge reports those of stdio servers itself. */
export function reportSessionEnd(context: RequestContext, reason: HttpSessionEnd): void {
  const { parts, upstream, session, caller } = context;
  if (session === null) {
    return;
  }
  parts.sessions.over(session.fingerprint, reason);
  if (upstream.transport !== "tcp") {
    return;
  }
  parts.observer.sessionEnded({ server: upstream.name, session: session.fingerprint, caller, reason });
}
