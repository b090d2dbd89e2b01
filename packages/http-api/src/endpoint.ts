import type { z } from "zod";
import type { Access, Privilege } from "./access.ts";
import type { Example } from "./examples/example.ts";
import type { BodyOf, Outputs } from "./output.ts";

/** What a service brings along: its callers, the closed list of its roles, and that of its error codes. */
export interface Service {
  readonly caller: unknown;
  readonly role: string;
  readonly error: string;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Schemas of what a request says. A body whose schema takes `undefined` may be left out. */
export interface Input {
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** By their names in lower case; headers that it does not name are left alone. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
}

/** A request whose caller may call, and whose input is as the schemas say. */
export interface EndpointRequest<Caller, I extends Input, P extends string> {
  readonly caller: Caller;
  readonly path: Parsed<I, "path">;
  readonly query: Parsed<I, "query">;
  readonly headers: Parsed<I, "headers">;
  readonly body: Parsed<I, "body">;
  /** The same before it was parsed, for records of what was asked for. */
  readonly sent: { readonly query: unknown; readonly body: unknown };
  /** Of the header of this name. */
  readonly accept: string | undefined;
  /** Aborted when the client leaves before its response is complete. */
  readonly clientLeft: AbortSignal;
  /** Whether a role of the caller gives it this privilege. */
  may(privilege: P): boolean;
}

/** A request whose caller has none of the roles. */
export interface DeniedRequest<Caller, I extends Input, P extends string> {
  readonly caller: Caller;
  /** Its input, which is parsed by this call: it throws where the input is not valid, which leaves the denial to the service. */
  read(): EndpointRequest<Caller, I, P>;
}

export type Parsed<I extends Input, Part extends keyof Input> = I[Part] extends z.ZodType
  ? z.output<I[Part]>
  : undefined;

/** One of the responses that `output` declares. */
export type EndpointResponse<O extends Outputs> = {
  readonly [Status in keyof O & number]: {
    readonly status: Status;
    readonly body: BodyOf<O[Status]>;
    readonly headers?: Readonly<Record<string, string>>;
  };
}[keyof O & number];

export function respond<const Status extends number, const Body>(
  status: Status,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
): { readonly status: Status; readonly body: Body; readonly headers: Readonly<Record<string, string>> } {
  return { status, body, headers };
}

/** One line of the table, as routes and documents read it; `Api` is what its handler works on. */
export interface Endpoint<S extends Service, Api> {
  readonly method: Method;
  /** As OpenAPI writes it, `/events/{id}`; a last `{name*}` takes all that follows, slashes included. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly roles: Access<S["role"]>;
  readonly privileges?: Readonly<Record<string, Privilege<S["role"]>>>;
  readonly input?: Input;
  /** Media types that the body may have. Default: JSON alone. */
  readonly bodyTypes?: readonly [string, ...string[]];
  readonly output: Outputs;
  /** Beyond those that any endpoint of its kind may respond with. */
  readonly errors: readonly S["error"][];
  /** Of every response whose handler says no other. */
  readonly cacheControl?: string;
  /** `false`: no HEAD beside GET, because it would do the whole work for nothing. */
  readonly head?: false;
  readonly example: Example;
  /**
   * What is done before a caller that has none of the roles is told so, e.g. putting it on record. Endpoints that have
   * none deny before they read any input.
   */
  denied?(api: Api, request: DeniedRequest<S["caller"], Input, string>): Promise<void>;
  handler(
    api: Api,
    request: EndpointRequest<S["caller"], Input, string>,
  ): Promise<EndpointResponse<Outputs>> | EndpointResponse<Outputs>;
}

/** Endpoints that belong together, by their operation ids; a chapter of the documentation. */
export interface EndpointGroup<S extends Service, Api> {
  readonly title: string;
  readonly description: string;
  readonly endpoints: Readonly<Record<string, Endpoint<S, Api>>>;
}
