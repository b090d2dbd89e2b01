import type { FastifyInstance } from "fastify";
import type { Server } from "node:https";
import { refuseOtherRoutes } from "@sark/http-api";
import {
  createCallerShares,
  type ShareLimits,
  trackConnections,
  createCors,
  type ServerDrain,
  type HttpLimits,
  checkQueryEncoding,
  checkHead,
  checkRequest,
  createHttpServer,
  refuseUnreadable,
  type ListenerTls,
  watchStalledReaders,
  createAuthenticated,
  type Authenticated,
  createClientAddress,
  createFailureLimit,
  type FailureLimits,
  registerCorrelation,
} from "@sark/http-service";
import type { Authenticator } from "./authentication/authenticator.ts";
import type { McpEndpoint } from "./mcp/endpoint.ts";
import { createCallers } from "./transport/callers.ts";
import { createTraced } from "./telemetry/traces/traced-routes.ts";
import { createFailures, operationOf, registerFailures, type Fail } from "./api/failures.ts";
import type { Caller } from "./domain/governance.ts";
import type { Denials } from "./api/access/denials.ts";
import { registerApi } from "./api/register-api.ts";
import type { Apis } from "./api/table.ts";
import { registerMcpRoutes } from "./mcp/route.ts";
import type { HttpEvents } from "./telemetry/http-events.ts";
import type { RequestTracing } from "./telemetry/traces/request-tracing.ts";

export interface AppDependencies {
  readonly limits: HttpLimits & ShareLimits & { readonly stallTimeoutMs: number };
  /** Origins of browser pages that may read responses. */
  readonly allowedOrigins: readonly string[];
  originGuard(headers: { host?: string | undefined; origin?: string | undefined }): void;
  /** Addresses and subnets whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** How many refused credentials of one address are looked at. */
  readonly failures: FailureLimits;
  readonly authenticator: Pick<Authenticator, "authenticate" | "isFamiliar" | "requireCertificate">;
  /** `null`: the server speaks plain HTTP. */
  readonly tls: ListenerTls | null;
  readonly endpoint: McpEndpoint;
  /** Longest life of a client's event stream, in milliseconds. */
  readonly maxStreamMs: number;
  /** What the handlers of each group of endpoints work on. */
  readonly apis: Omit<Apis, "openApi">;
  /** Where denials of the API go on record that their endpoints leave to it. */
  readonly denials: Pick<Denials, "byRole" | "thrown">;
  readonly events: HttpEvents;
  readonly tracing: RequestTracing;
  readonly drain: ServerDrain;
  /** What differs for those who look after the gateway; `null` where they are served as all others are. */
  readonly administration: Pick<AppDependencies, "originGuard" | "drain" | "tls"> | null;
}

/** HTTP servers that do not listen yet. */
export interface Apps {
  readonly app: FastifyInstance;
  /** `null` where `app` serves the administration, too. */
  readonly administration: FastifyInstance | null;
}

/** Everything that the gateway serves. What callers may hold, and fail at, counts on both servers together. */
export function createApps(deps: AppDependencies): Apps {
  const { limits, events, apis } = deps;
  const clientAddress = createClientAddress(deps.trustedProxies);
  const fail = createFailures({
    events,
    clientAddress,
    resources: apis.protectedResources,
    tracing: deps.tracing,
  });
  const shares = createCallerShares(limits);
  events.watchHeld({ requests: () => shares.buffered, responses: deps.endpoint.heldBytes });
  const failureLimit = createFailureLimit(deps.failures);
  const authenticatedBy = (tls: ListenerTls | null): Authenticated<Caller> =>
    createAuthenticated({
      callers: createCallers({
        authenticator: deps.authenticator,
        clientCertificate: certificateBy(tls),
        resources: apis.protectedResources,
      }),
      clientAddress,
      failureLimit,
      shares,
      maxBodyBytes: limits.maxBodyBytes,
    });
  const authenticated = authenticatedBy(deps.tls);
  const app = createServer(deps, fail);
  const traced = createTraced(authenticated, deps.tracing);
  registerApi(app, apis, traced, deps.administration === null ? "all" : "callers", deps.denials);
  registerMcpRoutes(app, { ...deps, authenticated });
  if (deps.administration === null) {
    return { app, administration: null };
  }
  const administration = createServer({ ...deps, ...deps.administration }, fail);
  const tracedThere = createTraced(authenticatedBy(deps.administration.tls), deps.tracing);
  registerApi(administration, apis, tracedThere, "administration", deps.denials);
  return { app, administration };
}

function certificateBy(tls: ListenerTls | null): ListenerTls["clientCertificate"] {
  return tls?.clientCertificate ?? (() => null);
}

/** One that refuses what cannot be read, and serves nothing yet. */
function createServer(deps: AppDependencies, fail: Fail): FastifyInstance {
  const { limits, events } = deps;
  const server = createHttpServer(limits, (...failed) => void fail(...failed), deps.tls?.options ?? null);
  const cors = createCors(deps.allowedOrigins);
  events.watch(server.server);
  server.server.prependListener("request", cors.apply);
  const connections = trackConnections(server.server);
  deps.tls?.serve(server.server as unknown as Server, connections);
  refuseUnreadable(server.server, connections, events.unreadable);
  deps.drain.watch(server, connections);
  const stalls = watchStalledReaders(connections, {
    timeoutMs: limits.stallTimeoutMs,
    stalled: events.stalled,
  });
  server.addHook("onClose", async () => stalls.close());
  refuseOtherRoutes(server);
  registerCorrelation(server);
  registerFailures(server, fail);
  const clientCertificate = certificateBy(deps.tls);
  // Waits for nothing: a promise of it would be waited for.
  server.addHook("onRequest", (request, reply, done) => {
    events.routed(request.raw, operationOf(request));
    checkHead(request.raw);
    if (deps.tls?.required) {
      deps.authenticator.requireCertificate(clientCertificate(request.raw));
    }
    deps.originGuard(request.headers);
    const preflight = cors.preflight(request.raw);
    if (preflight !== null) {
      reply.code(204).headers(preflight).send();
      return;
    }
    checkRequest(request);
    checkQueryEncoding(request.url);
    done();
  });
  return server;
}
