import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { PUBLIC } from "../access.ts";
import type { Endpoint, EndpointGroup, Service } from "../endpoint.ts";
import { checkTable } from "./check-table.ts";
import type { RouteOptions } from "./options.ts";
import { routePath } from "./path.ts";
import { denyUnread } from "./deny.ts";
import { serveEndpoint, type Serve } from "./serve.ts";

/** Serves the table. Throws where one of its lines cannot be served as it says. */
export function registerEndpoints<
  S extends Service,
  Groups extends Readonly<Record<string, EndpointGroup<S, never>>>,
>(
  server: FastifyInstance,
  groups: Groups,
  apis: { readonly [Name in keyof Groups]: ApiOf<Groups[Name]> },
  options: RouteOptions<S["caller"]>,
): void {
  checkTable(Object.values(groups));
  for (const [name, group] of Object.entries(groups)) {
    for (const endpoint of Object.values(group.endpoints)) {
      register(server, endpoint, apis[name] as never, options);
    }
  }
}

export type ApiOf<Group> = Group extends EndpointGroup<Service, infer Api> ? Api : never;

function register<S extends Service>(
  server: FastifyInstance,
  endpoint: Endpoint<S, never>,
  api: never,
  options: RouteOptions<S["caller"]>,
): void {
  const serve = serveEndpoint(endpoint, api, options);
  const route =
    endpoint.roles === PUBLIC
      ? { handler: (request: FastifyRequest, reply: FastifyReply) => serve(request, reply, undefined) }
      : authenticated(endpoint, serve, options);
  server.route({
    method: endpoint.method,
    url: routePath(endpoint.path),
    config: { access: endpoint.roles },
    ...(endpoint.method === "GET" ? { exposeHeadRoute: endpoint.head ?? true } : {}),
    ...route,
  });
}

/** Its endpoint looks at it. */
const BEGUN = Symbol("begun");
interface Begun extends FastifyRequest {
  [BEGUN]?: true;
}

/** What fails before the endpoint looks at its request is told to no caller that has none of its roles. */
function authenticated<S extends Service>(
  endpoint: Endpoint<S, never>,
  serve: Serve<S["caller"]>,
  options: RouteOptions<S["caller"]>,
) {
  const deny = denyUnread(endpoint, options);
  return {
    ...options.authenticated((request, reply, caller) => {
      (request as Begun)[BEGUN] = true;
      return serve(request, reply, caller);
    }),
    async errorHandler(error: unknown, request: FastifyRequest): Promise<never> {
      if ((request as Begun)[BEGUN] === true) {
        throw error;
      }
      return deny(error, request);
    },
  };
}
