import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { isPermitted, PUBLIC } from "../access.ts";
import type { Endpoint, EndpointRequest, EndpointResponse, Input, Service } from "../endpoint.ts";
import type { Outputs, TakenConnection } from "../output.ts";
import { deny } from "./deny.ts";
import type { RouteOptions } from "./options.ts";
import { namedParameters } from "./path.ts";
import { isOptional, readInput } from "./read-input.ts";

export type Serve<Caller> = (
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
) => Promise<unknown>;

/** The stages of a request at its endpoint, in order: roles, input, handler, response. */
export function serveEndpoint<S extends Service>(
  endpoint: Endpoint<S, never>,
  api: never,
  options: RouteOptions<S["caller"]>,
): Serve<S["caller"]> {
  const { input = {}, output, privileges = {}, cacheControl } = endpoint;
  const body = input.body && { required: !isOptional(input.body), types: endpoint.bodyTypes ?? JSON_ALONE };

  return async (request, reply, caller) => {
    if (cacheControl !== undefined) {
      reply.header("cache-control", cacheControl);
    }
    const roles = endpoint.roles === PUBLIC ? [] : options.rolesOf(caller);
    const read = (): EndpointRequest<S["caller"], Input, string> => {
      const path = namedParameters(endpoint.path, request.params);
      const sent = { query: request.query, body: body && options.readBody(request, body) };
      const headers = input.headers && named(input.headers, request.headers);
      const parsed = readInput(input, { path, headers, ...sent });
      return {
        caller,
        ...(parsed as Pick<EndpointRequest<unknown, Input, string>, keyof Input>),
        sent,
        accept: request.headers.accept,
        get clientLeft() {
          return options.clientLeft(reply);
        },
        may: (privilege) => {
          const granted = privileges[privilege];
          return granted !== undefined && isPermitted(granted.roles, roles);
        },
      };
    };
    if (!isPermitted(endpoint.roles, roles)) {
      throw await deny(endpoint, api, caller, read, options);
    }
    const asked = read();
    let response: EndpointResponse<Outputs>;
    try {
      response = await endpoint.handler(api, asked);
    } catch (error) {
      await options.failed?.(caller, endpoint, error);
      throw error;
    }
    if (output[response.status]?.kind === "upgrade") {
      const connection = options.takeConnection?.(request, reply);
      if (connection === undefined) {
        throw new Error("an endpoint takes connections out of HTTP, and the service cannot");
      }
      (response.body as (taken: TakenConnection) => void)(connection);
      return reply;
    }
    return send(reply, output, response, options);
  };
}

const JSON_ALONE = ["application/json"] as const;

/** Those that the schema names: a request has others, which say nothing here. */
function named({ shape }: z.ZodObject, sent: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.keys(shape).flatMap((name) => (sent[name] === undefined ? [] : [[name, sent[name]]])),
  );
}

/** What fastify is to send; a stream, or a body that is none, is sent here. */
async function send(
  reply: FastifyReply,
  output: Outputs,
  { status, body, headers = {} }: EndpointResponse<Outputs>,
  options: Pick<RouteOptions<never>, "sendStream">,
): Promise<unknown> {
  const declared = output[status];
  if (declared === undefined) {
    throw new Error(`a handler responded with ${status}, which its endpoint does not declare`);
  }
  if (declared.kind === "stream") {
    const all = { ...(reply.getHeaders() as Record<string, string>), ...headers };
    return options.sendStream(reply, { status, headers: all, body: body as Readable });
  }
  reply.code(status);
  if (declared.kind === "text") {
    reply.type(declared.types[0]);
  } else if (declared.kind === "bytes") {
    reply.type("application/octet-stream");
  }
  reply.headers(headers);
  // A text that is JSON would go out as it is.
  return declared.kind === "json" && typeof body === "string" ? asJson(reply, body) : body;
}

function asJson(reply: FastifyReply, body: string): string {
  reply.type("application/json; charset=utf-8");
  return JSON.stringify(body);
}
