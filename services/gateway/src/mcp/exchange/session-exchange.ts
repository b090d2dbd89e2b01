import type { Permit, Refusal } from "../../domain/governance.ts";
import type { UpstreamResponse } from "../../domain/upstream.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import type { Deadline } from "../deadline/deadline.ts";
import type { TimeLimits } from "../deadline/idle-clock.ts";
import { failureText } from "../errors/error-response.ts";
import { headerTrace } from "../request/trace-context.ts";
import { sessionHeaders } from "../request/upstream-headers.ts";
import { beginPseudo } from "./authorization/authorize.ts";
import { traceRouteOf, type RequestContext } from "./context/request-context.ts";
import { failureResponse, forbidden, referring } from "./responding/responses.ts";
import { runExchange } from "./run-exchange.ts";

/** What one kind of request without a body does in its own way. */
export interface SessionSteps {
  readonly method: "GET" | "DELETE";
  /** As the server calls it. */
  readonly lastEventId?: string;
  readonly timeLimits: TimeLimits | null;
  /** Finishes the permit. */
  relay(
    head: UpstreamResponse,
    permit: Permit,
    deadline: Deadline,
  ): McpHttpResponse | Promise<McpHttpResponse>;
  /** It is over, unless its stream goes on. */
  over?(): void;
}

/** A GET or DELETE about a session: the governor is asked about it by a method of its own, then it is sent. */
export async function sessionExchange(
  context: RequestContext,
  pseudoMethod: string,
  { method, lastEventId, timeLimits, relay, over }: SessionSteps,
): Promise<McpHttpResponse> {
  const { request, caller, upstream } = context;
  let permit: Permit | Refusal | null = null;
  try {
    permit = await beginPseudo(context, pseudoMethod);
  } finally {
    if (permit?.allowed !== true) {
      over?.();
    }
  }
  if (!permit.allowed) {
    return referring(forbidden(permit, context), context, permit.audit);
  }
  const { traceContext: spans } = permit;
  const response = await runExchange({
    context,
    calls: [],
    timeLimits,
    send(signal) {
      const traceContext = headerTrace(traceRouteOf(context), spans);
      const headers = sessionHeaders({ ...context, incoming: request.headers, traceContext }, lastEventId);
      return upstream.exchange({ method, headers, messages: null, body: null, signal, caller });
    },
    relay: (head, deadline) => relay(head, permit, deadline),
    refused(result, response) {
      permit.finish(result);
      return response;
    },
    failed(failure) {
      const { outcome, message } = failure;
      permit.finish({ outcome, message });
      return failureResponse(failure, failureText(null, failure, permit.audit, caller));
    },
    ...(over === undefined ? {} : { over }),
  });
  return referring(response, context, permit.audit);
}
