import type { FastifyRequest } from "fastify";
import { EVERY_CALLER, isPermitted, PUBLIC, type Access } from "../access.ts";
import type { Endpoint, EndpointRequest, Input, Service } from "../endpoint.ts";
import { EndpointError } from "../errors.ts";
import type { RouteOptions } from "./options.ts";

/** Puts a denial on record, with the input where that is valid and the endpoint wants it, and gives the error that says it. */
export async function deny<S extends Service>(
  endpoint: Endpoint<S, never>,
  api: never,
  caller: S["caller"],
  read: () => EndpointRequest<S["caller"], Input, string>,
  options: Pick<RouteOptions<S["caller"]>, "denied">,
): Promise<EndpointError> {
  let isUnreadable = false;
  try {
    await (endpoint.denied ?? leaveToService)(api, {
      caller,
      read() {
        try {
          return read();
        } catch (error) {
          isUnreadable = true;
          throw error;
        }
      },
    });
  } catch (error) {
    if (!isUnreadable) {
      throw error;
    }
  }
  if (endpoint.denied === undefined || isUnreadable) {
    await options.denied?.(caller, endpoint);
  }
  return new EndpointError("access_denied", denial(endpoint.roles));
}

/**
 * What a caller is told of a request that failed before its endpoint looked at it, above all for its body: one that has none of
 * the roles is denied, whatever it sent.
 */
export function denyUnread<S extends Service>(
  endpoint: Endpoint<S, never>,
  options: RouteOptions<S["caller"]>,
): (error: unknown, request: FastifyRequest) => Promise<never> {
  return async (error, request) => {
    const caller = options.callerOf(request);
    if (caller !== null && !isPermitted(endpoint.roles, options.rolesOf(caller))) {
      await options.denied?.(caller, endpoint);
      throw new EndpointError("access_denied", denial(endpoint.roles));
    }
    throw error;
  };
}

async function leaveToService(): Promise<void> {}

function denial(access: Access<string>): string {
  return access === PUBLIC || access === EVERY_CALLER
    ? "This endpoint declares no access."
    : `This needs one of the roles ${access.join(", ")}.`;
}
