import type { FastifyReply, FastifyRequest } from "fastify";
import { extendContext, runInContext } from "@sark/observability/logging";
import { CREDENTIAL_HEADERS } from "../domain/credential-headers.ts";
import type { ClientCertificate } from "../domain/client-certificate.ts";
import type { Caller } from "../domain/governance.ts";
import type { Authenticated as Authentication, Principal } from "../domain/principal.ts";
import type { ProtectedResources } from "../domain/protected-resources.ts";
import type { CallerShares } from "./caller-shares.ts";
import { AuthenticationError } from "../domain/authentication-error.ts";
import { networkOf, type ClientAddress } from "./client-address.ts";
import { HttpError } from "./errors.ts";
import type { FailureLimit } from "./failure-limit.ts";
import { valuesOf } from "./header-values.ts";
import { admitBody } from "./read-body.ts";
import { createFairQueue, ONLY_TURNS } from "../scheduling/fair-queue.ts";
import { sourceOf } from "../scheduling/source.ts";
import { toCaller } from "./caller.ts";
import { resourceName } from "./resource-name.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** `null` until the request is authenticated. */
    caller: Caller | null;
  }
}

/** What a request asks for: its URL as it was sent, and the URI of the resource. */
interface Target {
  readonly url: string;
  readonly resource: string | null;
  readonly certificate: ClientCertificate | null;
}

/** With every value that was sent of each. */
type CredentialHeaders = Readonly<Record<string, readonly string[]>>;
type Raw = FastifyRequest["raw"];

export type AuthenticatedHandler = (
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
) => Promise<unknown>;

/** The parts of a route that takes a principal. */
export interface AuthenticatedRoute {
  onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  handler(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

export type Authenticated = (handler: AuthenticatedHandler) => AuthenticatedRoute;

/** Requests being authenticated at once, and those of one address. */
const AT_ONCE = { atOnce: 1_024, perSource: 256 };
/** So many more may wait. */
const MAX_WAITING = 4_096;
const MAX_WAITING_PER_ADDRESS = 1_024;

/**
 * No request reaches a handler without a principal, and each log line names principal and request. This happens at
 * the head of a request: the body of an unknown client is not read, and no more of a caller's than its share.
 */
export function createAuthenticated(options: {
  readonly authenticator: {
    authenticate(headers: CredentialHeaders, target: Target): Promise<Authentication>;
    /** Whether it is worth looking at the credential where no other one is looked at, because it was good before. */
    isFamiliar(headers: CredentialHeaders, certificate: ClientCertificate | null): boolean;
  };
  /** What the client of the connection has shown. */
  clientCertificate(request: Raw): ClientCertificate | null;
  readonly clientAddress: ClientAddress;
  readonly failureLimit: FailureLimit;
  readonly resources: Pick<ProtectedResources, "uri">;
  readonly shares: CallerShares;
  readonly maxBodyBytes: number;
}): Authenticated {
  const { authenticator, clientAddress, failureLimit, resources, shares, maxBodyBytes: maxBytes } = options;
  // Checking signatures takes the gateway's own thread, and unknown clients may send any number of them.
  const turns = createFairQueue(AT_ONCE);
  // So does reading what a body says.
  const reading = createFairQueue(ONLY_TURNS);

  /** Of a source that sent many bad credentials, only those are looked at that were good before. */
  function checkFailures(source: string, raw: Raw): void {
    const retryAfterSeconds = failureLimit.retryAfter(source);
    if (
      retryAfterSeconds > 0 &&
      !authenticator.isFamiliar(credentialHeaders(raw), options.clientCertificate(raw))
    ) {
      const message = "Too many credentials from this address were refused; try again later.";
      throw new AuthenticationError("too_many_failures", message, { retryAfterSeconds });
    }
  }

  async function verify(source: string, raw: Raw, target: Target): Promise<Authentication> {
    // Once more: it may have waited behind those that failed.
    checkFailures(source, raw);
    try {
      return await authenticator.authenticate(credentialHeaders(raw), target);
    } catch (error) {
      if (error instanceof AuthenticationError && error.isFailure) {
        failureLimit.failed(source);
      }
      throw error;
    }
  }

  async function authenticate(request: FastifyRequest): Promise<Authentication> {
    const { raw } = request;
    const source = networkOf(clientAddress(raw));
    checkFailures(source, raw);
    if (turns.waiting() >= MAX_WAITING || turns.waiting(source) >= MAX_WAITING_PER_ADDRESS) {
      const message = "Too many requests wait to be authenticated; try again.";
      throw new HttpError("overloaded", message, { headers: { "retry-after": "1" } });
    }
    const target = {
      url: request.url,
      resource: resources.uri(resourceName(request)),
      certificate: options.clientCertificate(raw),
    };
    return turns.run(source, () => verify(source, raw, target));
  }

  function admit(request: FastifyRequest, reply: FastifyReply, authentication: Authentication): void {
    const { principal } = authentication;
    request.caller = toCaller(request, clientAddress(request.raw), authentication);
    extendContext(namesOf(principal));
    const share = shares.open(sourceOf(principal));
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

  return (handle) => ({
    onRequest: (request, reply) =>
      runInContext({ correlation_id: request.correlationId }, async () => {
        admit(request, reply, await authenticate(request));
      }),
    handler(request, reply) {
      const { caller } = request;
      if (caller === null) {
        throw new Error("a handler must not run before its caller is known");
      }
      // What comes after reading a body is not in the context that began it.
      return runInContext({ correlation_id: request.correlationId, ...namesOf(caller.principal) }, () =>
        reading.begin(sourceOf(caller.principal), () => handle(request, reply, caller)),
      );
    },
  });
}

function credentialHeaders(raw: Raw): CredentialHeaders {
  const sent: Record<string, readonly string[]> = {};
  for (const name of CREDENTIAL_HEADERS) {
    const values = valuesOf(raw, name);
    if (values.length > 0) {
      sent[name] = values;
    }
  }
  return sent;
}

function namesOf({ id, tenant }: Principal): { readonly user: string; readonly tenant?: string } {
  return { user: id, ...(tenant === null ? {} : { tenant }) };
}
