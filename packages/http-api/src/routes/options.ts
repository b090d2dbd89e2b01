import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest, RouteOptions as FastifyRoute } from "fastify";
import type { TakenConnection } from "../output.ts";

/** The line of the table that a request is for. */
export interface AskedEndpoint {
  readonly method: string;
  readonly path: string;
}

/** How a service takes requests and sends responses, as far as the table does not say it. */
export interface RouteOptions<Caller> {
  /** Turns a handler that needs a caller into the parts of a route; nothing reaches it without one. */
  authenticated(
    handler: (request: FastifyRequest, reply: FastifyReply, caller: Caller) => Promise<unknown>,
  ): Pick<FastifyRoute, "onRequest" | "handler">;
  /** `null` until it is known. */
  callerOf(request: FastifyRequest): Caller | null;
  rolesOf(caller: Caller): readonly string[];
  /**
   * What is done before a caller that has none of the roles is told so, at endpoints that say nothing of it themselves
   * (`denied`), or cannot because the input is not valid.
   */
  denied?(caller: Caller, endpoint: AskedEndpoint): Promise<void>;
  /** The same before a caller is told what its handler has thrown. */
  failed?(caller: Caller, endpoint: AskedEndpoint, thrown: unknown): Promise<void>;
  /** The parsed body; `undefined` where there is none and none is required. Throws where it is not readable. */
  readBody(
    request: FastifyRequest,
    options: { readonly required: boolean; readonly types: readonly string[] },
  ): unknown;
  /** Sends a body that comes bit by bit. */
  sendStream(
    reply: FastifyReply,
    response: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readable;
    },
  ): Promise<void>;
  /**
   * Takes the connection of a request out of HTTP, for endpoints that declare it. Throws where the request does not ask for
   * that; no response is sent through `reply` any more where it does not.
   */
  takeConnection?(request: FastifyRequest, reply: FastifyReply): TakenConnection;
  /** Aborted when the client leaves before its response is complete. */
  clientLeft(reply: FastifyReply): AbortSignal;
}
