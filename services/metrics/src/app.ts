import type { IncomingMessage } from "node:http";
import { refuseOtherRoutes, registerEndpoints } from "@sark/http-api";
import { AuthenticationError, principalKey } from "@sark/authentication";
import {
  checkHead,
  checkQueryEncoding,
  checkRequest,
  clientSignal,
  createAuthenticated,
  createCallerShares,
  createClientAddress,
  createCors,
  createFailureLimit,
  createHttpServer,
  createOriginGuard,
  credentialHeaders,
  readJsonBody,
  refuseUnreadable,
  registerCorrelation,
  sendResponse,
  trackConnections,
  serveUpgrades,
  watchStalledReaders,
  type SentCredentials,
  type ServerDrain,
} from "@sark/http-service";
import { setRoute, type RequestSpans } from "@sark/observability/service";
import type { RightOfWay } from "@sark/scheduling";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createFailures, registerFailures } from "./api/failures.ts";
import { PROBLEM } from "./errors/http-errors.ts";
import { routeOf } from "./api/route-of.ts";
import { TABLE, type Apis } from "./api/table.ts";
import { LIVE_PATH, takeWebSocket, ticketsIn } from "./api/live/upgrade.ts";
import type { MetricsConfig } from "./config/schema.ts";
import type { Caller } from "./domain/caller.ts";
import { rolesOf } from "./domain/roles.ts";
import { NDJSON } from "./ingest/read-items.ts";
import type { SecurityRecords } from "./tenancy/audit-records.ts";
import type { Authenticated, Authenticator } from "./tenancy/authenticator.ts";
import { createRecordLimit } from "./tenancy/record-limit.ts";
import type { LiveTickets } from "./tenancy/live-tickets.ts";
import type { HttpEvents } from "./telemetry/http-events.ts";

export interface AppDependencies {
  readonly config: Pick<MetricsConfig, "http" | "authentication">;
  readonly authenticator: Authenticator;
  readonly tickets: Pick<LiveTickets, "redeem">;
  readonly apis: Apis;
  readonly records: Pick<SecurityRecords, "authenticationFailed" | "denied">;
  readonly events: HttpEvents;
  /** Each request is served within a span. */
  readonly requests: Pick<RequestSpans, "run">;
  /** Hears of short requests, which go before the long batches of other tenants. */
  readonly rightOfWay: Pick<RightOfWay, "begin">;
  readonly drain: ServerDrain;
}

/** Bodies of short requests are not larger, in bytes: some fifty events. */
const SHORT_BODY = 8_192;

/** Requests whose callers are not known yet, and that are traced because these, or chance, say so: of all of them, in a second. */
const TRACED = { max: 20, perMs: 1_000 };

/** Everything that the service serves, on a server that does not listen yet. */
export function createApp(deps: AppDependencies): {
  readonly app: FastifyInstance;
  /** Bytes of request bodies that are held. */
  heldBytes(): number;
} {
  const { events, records, authenticator } = deps;
  const { http, authentication } = deps.config;
  const clientAddress = createClientAddress(http.trustedProxies);
  const fail = createFailures({ events, clientAddress, records });
  const shares = createCallerShares({
    maxRequestsPerCaller: http.maxRequestsPerCaller,
    maxBufferedBytes: http.maxBufferedSize,
    maxBufferedBytesPerCaller: http.maxBufferedSizePerCaller,
  });
  const limits = {
    maxBodyBytes: http.maxBodySize,
    headersTimeoutMs: http.headersTimeout,
    requestTimeoutMs: http.requestTimeout,
    maxConnections: http.maxConnections,
  };
  const unknownCallers = createRecordLimit(TRACED);
  /** Whether it comes with a credential that was good before: none is looked up for this. */
  function isFamiliar(request: IncomingMessage): boolean {
    const headers = credentialHeaders(request);
    return Object.keys(headers).length > 0 && authenticator.isFamiliar(headers);
  }
  const app = createHttpServer(
    limits,
    (...failed) => void fail(...failed),
    null,
    ({ url = "" }) => url.split("?", 1)[0] === LIVE_PATH,
    (handler) => (request, response) =>
      deps.requests.run(request, response, () => handler(request, response), {
        admits: () => isFamiliar(request) || unknownCallers.take("traces").kept,
      }),
  );
  /** Ends of the short requests that are under way. */
  const shortRequests = new WeakMap<IncomingMessage, () => void>();
  const cors = createCors(http.allowedOrigins);
  const originGuard = createOriginGuard(http);
  events.watch(app.server);
  app.server.prependListener("request", cors.apply);
  const connections = trackConnections(app.server);
  serveUpgrades(app.server);
  refuseUnreadable(app.server, connections, (error) => events.unreadable(error), PROBLEM);
  deps.drain.watch(app, connections);
  const stalls = watchStalledReaders(connections, {
    timeoutMs: http.stallTimeout,
    stalled: (connection) => events.stalled(connection),
  });
  app.addHook("onClose", async () => stalls.close());
  refuseOtherRoutes(app);
  registerCorrelation(app);
  registerFailures(app, fail);
  app.addHook("onRequest", async (request, reply) => {
    const { url: route } = request.routeOptions;
    if (route !== undefined) {
      setRoute(route);
    }
    const startedAt = performance.now();
    reply.raw.once("close", () => {
      shortRequests.get(request.raw)?.();
      events.responded({
        request: request.raw,
        method: request.method,
        route: routeOf(request),
        status: reply.statusCode,
        tenant: (request.caller as Caller | null)?.principal.tenant ?? null,
        seconds: (performance.now() - startedAt) / 1_000,
      });
    });
    checkHead(request.raw);
    originGuard(request.headers);
    const preflight = cors.preflight(request.raw);
    if (preflight !== null) {
      return reply.code(204).headers(preflight).send();
    }
    checkRequest(request);
    checkQueryEncoding(request.url);
  });
  /** By a ticket, which browsers have, or by a credential in a header. */
  async function identify(headers: SentCredentials, { raw, url }: FastifyRequest): Promise<Authenticated> {
    const [ticket, ...more] = ticketsIn(raw);
    if (ticket === undefined) {
      return authenticator.authenticate(headers, url);
    }
    if (more.length > 0 || Object.keys(headers).length > 0) {
      throw new AuthenticationError("ambiguous_credentials", "Send one credential: a ticket, or a header.");
    }
    return deps.tickets.redeem(ticket);
  }

  const authenticated = createAuthenticated<Caller>({
    callers: {
      async authenticate(headers, request, address) {
        const { principal, credential, proof } = await identify(headers, request);
        if (principal.tenant !== null) {
          events.tenantSeen(principal.tenant);
          if (isShort(request.raw)) {
            shortRequests.set(request.raw, deps.rightOfWay.begin(principal.tenant));
          }
        }
        const { correlationId } = request;
        return { principal, credential, proof, correlationId, clientAddress: address };
      },
      isFamiliar: (headers, { raw }) => ticketsIn(raw).length === 0 && authenticator.isFamiliar(headers),
      // Of one tenant together: a tenant with many keys has no more than one with few.
      sourceOf: ({ principal }) => principal.tenant ?? principalKey(principal),
      namesOf: ({ principal: { id, tenant } }) => ({ user: id, ...(tenant === null ? {} : { tenant }) }),
    },
    clientAddress,
    failureLimit: createFailureLimit({
      max: authentication.maxFailures,
      recoveryMs: authentication.failureRecovery,
    }),
    shares,
    maxBodyBytes: http.maxBodySize,
  });
  registerEndpoints(app, TABLE, deps.apis, {
    authenticated,
    callerOf: (request) => request.caller as Caller | null,
    rolesOf: ({ principal }: Caller) => rolesOf(principal),
    denied: (caller: Caller, { method, path }) => records.denied(caller, `${method} ${path}`),
    readBody({ headers, body }, { required, types }) {
      // What may be packed, or come in lines, its handler reads.
      if (types.includes(NDJSON)) {
        return body ?? Buffer.alloc(0);
      }
      return required || (body instanceof Buffer && body.length > 0)
        ? readJsonBody(headers, body)
        : undefined;
    },
    takeConnection: takeWebSocket,
    sendStream: sendResponse,
    clientLeft: clientSignal,
  });
  return { app, heldBytes: () => shares.buffered };
}

/** By what its head says. A live connection lasts, and is no request that its client waits for. */
function isShort({ headers, method }: IncomingMessage): boolean {
  const isRead = method === "GET" && headers.upgrade === undefined;
  return isRead || Number(headers["content-length"] ?? Infinity) <= SHORT_BODY;
}
