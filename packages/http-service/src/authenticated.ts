import type { FastifyReply, FastifyRequest } from "fastify";
import { extendContext, runInContext, type LogContext } from "@sark/observability/logging";
import { CREDENTIAL_HEADERS, AuthenticationError } from "@sark/authentication";
import type { CallerShares } from "./caller-shares.ts";
import { createCredentialWatch, type CredentialWatch } from "./credential-watch.ts";
import { networkOf, type ClientAddress } from "./client-address.ts";
import { TransportError } from "./transport-error.ts";
import type { FailureLimit } from "./failure-limit.ts";
import { valuesOf } from "./header-values.ts";
import { admitBody } from "./read-body.ts";
import { createFairQueue, ONLY_TURNS } from "@sark/scheduling";

declare module "fastify" {
  interface FastifyRequest {
    /** What the service knows of who sends the request; `null` until it is authenticated. */
    caller: object | null;
  }
}

/** Request headers that may carry a credential, with every value that was sent of each. */
export type SentCredentials = Readonly<Record<string, readonly string[]>>;

export type AuthenticatedHandler<Caller> = (
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
) => Promise<unknown>;

/** The parts of a route that takes a caller. */
export interface AuthenticatedRoute {
  onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  handler(request: FastifyRequest, reply: FastifyReply): unknown;
}

export interface Authenticated<Caller> {
  (handler: AuthenticatedHandler<Caller>): AuthenticatedRoute;
  /** For a request whose response lasts: a signal of the end of its credential. */
  readonly watch: CredentialWatch;
}

/** How a service finds out who sends a request. */
export interface CallerSource<Caller extends object> {
  /** Rejects with `AuthenticationError`. `sinceMs`: when the request came to be authenticated, by `performance.now()`. */
  authenticate(
    headers: SentCredentials,
    request: FastifyRequest,
    clientAddress: string,
    sinceMs: number,
  ): Promise<Caller>;
  /** Whether it is worth looking at the credential where no other one is looked at, because it was good before. */
  isFamiliar(headers: SentCredentials, request: FastifyRequest): boolean;
  /** Whose share the request comes out of. */
  sourceOf(caller: Caller): string;
  /** What each log line of the request names. */
  namesOf(caller: Caller): LogContext;
}

/** Requests being authenticated at once, and those of one address. */
const AT_ONCE = { atOnce: 1_024, perSource: 256 };
/** So many more may wait. */
const MAX_WAITING = 4_096;
const MAX_WAITING_PER_ADDRESS = 1_024;

/**
 * No request reaches a handler without a principal, and each log line names principal and request. This happens at
 * the head of a request: the body of an unknown client is not read, and no more of a caller's than its share.
 */
export function createAuthenticated<Caller extends object>(options: {
  readonly callers: CallerSource<Caller>;
  readonly clientAddress: ClientAddress;
  readonly failureLimit: FailureLimit;
  readonly shares: CallerShares;
  readonly maxBodyBytes: number;
}): Authenticated<Caller> {
  const { callers, clientAddress, failureLimit, shares, maxBodyBytes: maxBytes } = options;
  // Checking signatures takes the service's own thread, and unknown clients may send any number of them.
  const turns = createFairQueue(AT_ONCE);
  // So does reading what a body says.
  const reading = createFairQueue(ONLY_TURNS);

  /** Of a source that sent many bad credentials, only those are looked at that were good before. */
  function checkFailures(source: string, request: FastifyRequest): void {
    const retryAfterSeconds = failureLimit.retryAfter(source);
    if (retryAfterSeconds > 0 && !callers.isFamiliar(credentialHeaders(request.raw), request)) {
      const message = "Too many credentials from this address were refused; try again later.";
      throw new AuthenticationError("too_many_failures", message, { retryAfterSeconds });
    }
  }

  async function verify(source: string, request: FastifyRequest, sinceMs: number): Promise<Caller> {
    // Once more: it may have waited behind those that failed.
    checkFailures(source, request);
    try {
      const headers = credentialHeaders(request.raw);
      return await callers.authenticate(headers, request, clientAddress(request.raw), sinceMs);
    } catch (error) {
      if (error instanceof AuthenticationError && error.isFailure) {
        failureLimit.failed(source);
      }
      throw error;
    }
  }

  function authenticate(request: FastifyRequest): Promise<Caller> {
    const sinceMs = performance.now();
    const source = networkOf(clientAddress(request.raw));
    checkFailures(source, request);
    if (turns.waiting() >= MAX_WAITING || turns.waiting(source) >= MAX_WAITING_PER_ADDRESS) {
      const message = "Too many requests wait to be authenticated; try again.";
      throw new TransportError("overloaded", message, { headers: { "retry-after": "1" } });
    }
    return turns.run(source, () => verify(source, request, sinceMs));
  }

  function admit(request: FastifyRequest, reply: FastifyReply, caller: Caller): void {
    request.caller = caller;
    extendContext(callers.namesOf(caller));
    const share = shares.open(callers.sourceOf(caller));
    if (reply.raw.destroyed) {
      share.release();
    } else {
      reply.raw.once("close", () => share.release());
    }
    request.share = share;
    admitBody(request.raw, { maxBytes, share });
    // A client of HTTP/1.0 knows no interim response.
    if (request.headers.expect !== undefined && request.raw.httpVersion === "1.1") {
      reply.raw.writeContinue();
    }
  }

  const route = (handle: AuthenticatedHandler<Caller>): AuthenticatedRoute => ({
    onRequest: (request, reply) =>
      runInContext({ correlation_id: request.correlationId }, async () => {
        admit(request, reply, await authenticate(request));
      }),
    handler(request, reply) {
      // Set by `admit`, and by it alone.
      const caller = request.caller as Caller | null;
      if (caller === null) {
        throw new Error("a handler must not run before its caller is known");
      }
      // What comes after reading a body is not in the context that began it.
      return runInContext({ correlation_id: request.correlationId, ...callers.namesOf(caller) }, () =>
        reading.begin(callers.sourceOf(caller), () => handle(request, reply, caller)),
      );
    },
  });
  const watch = createCredentialWatch((request) =>
    callers.isFamiliar(credentialHeaders(request.raw), request),
  );
  return Object.assign(route, { watch });
}

/** What is sent in headers that carry credentials, as it stands there. */
export function credentialHeaders(raw: FastifyRequest["raw"]): SentCredentials {
  const sent: Record<string, readonly string[]> = {};
  for (const name of CREDENTIAL_HEADERS) {
    const values = valuesOf(raw, name);
    if (values.length > 0) {
      sent[name] = values;
    }
  }
  return sent;
}
