import type { FastifyInstance } from "fastify";
import type { Server } from "node:https";
import { refuseOtherRoutes } from "@sark/http-api";
import { createCallerShares, type ShareLimits } from "./transport/caller-shares.ts";
import { trackConnections } from "./transport/connections.ts";
import { createCors } from "./transport/cors.ts";
import type { ServerDrain } from "./transport/drain.ts";
import type { HttpLimits } from "./transport/server.ts";
import { checkQueryEncoding } from "./transport/query-encoding.ts";
import { checkHead } from "./transport/check-head.ts";
import { checkRequest, createHttpServer } from "./transport/server.ts";
import { refuseUnreadable } from "./transport/unreadable.ts";
import type { ListenerTls } from "./transport/tls/listener-tls.ts";
import { watchStalledReaders } from "./transport/stalled-readers.ts";
import type { Authenticator } from "./authentication/authenticator.ts";
import type { McpEndpoint } from "./mcp/endpoint.ts";
import { createAuthenticated } from "./transport/authenticated.ts";
import { createClientAddress } from "./transport/client-address.ts";
import { createFailureLimit, type FailureLimits } from "./transport/failure-limit.ts";
import { registerCorrelation } from "./transport/correlation.ts";
import { createFailures, registerFailures } from "./api/failures.ts";
import { registerApi } from "./api/register-api.ts";
import type { Apis } from "./api/table.ts";
import { registerMcpRoutes } from "./mcp/route.ts";
import type { HttpEvents } from "./telemetry/http-events.ts";

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
  readonly events: HttpEvents;
  readonly drain: ServerDrain;
}

/** Everything that the gateway serves, on one HTTP server that does not listen yet. */
export function createApp(deps: AppDependencies): FastifyInstance {
  const { limits, events } = deps;
  const clientAddress = createClientAddress(deps.trustedProxies);
  const fail = createFailures(events, clientAddress, deps.apis.protectedResources);
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
  const clientCertificate = deps.tls?.clientCertificate ?? (() => null);
  server.addHook("onRequest", async (request, reply) => {
    checkHead(request.raw);
    if (deps.tls?.required) {
      deps.authenticator.requireCertificate(clientCertificate(request.raw));
    }
    deps.originGuard(request.headers);
    const preflight = cors.preflight(request.raw);
    if (preflight !== null) {
      return reply.code(204).headers(preflight).send();
    }
    checkRequest(request);
    checkQueryEncoding(request.url);
  });
  const shares = createCallerShares(limits);
  events.watchHeld({ requests: () => shares.buffered, responses: deps.endpoint.heldBytes });
  const authenticated = createAuthenticated({
    authenticator: deps.authenticator,
    clientAddress,
    clientCertificate,
    failureLimit: createFailureLimit(deps.failures),
    resources: deps.apis.protectedResources,
    shares,
    maxBodyBytes: limits.maxBodyBytes,
  });
  registerApi(server, deps.apis, authenticated);
  registerMcpRoutes(server, { ...deps, authenticated });
  return server;
}
