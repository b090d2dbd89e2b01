import type { Access, Privilege, PUBLIC } from "./access.ts";
import type {
  DeniedRequest,
  Endpoint,
  EndpointGroup,
  EndpointRequest,
  EndpointResponse,
  Input,
  Service,
} from "./endpoint.ts";
import type { Outputs } from "./output.ts";

/** An endpoint as it is written down: handlers see the types of its own schemas. */
export interface Definition<
  S extends Service,
  Api,
  A extends Access<S["role"]>,
  I extends Input,
  O extends Outputs,
  P extends string,
> extends Omit<Endpoint<S, Api>, "roles" | "privileges" | "input" | "output" | "denied" | "handler"> {
  readonly roles: A;
  readonly privileges?: Readonly<Record<P, Privilege<S["role"]>>>;
  readonly input?: I;
  readonly output: O;
  denied?(api: Api, request: DeniedRequest<S["caller"], I, P>): Promise<void>;
  handler(
    api: Api,
    request: EndpointRequest<A extends typeof PUBLIC ? undefined : S["caller"], I, P>,
  ): Promise<EndpointResponse<O>> | EndpointResponse<O>;
}

/** Of endpoints that read nothing of their requests. */
type NoInput = Readonly<Partial<Record<keyof Input, never>>>;

/** The two words that endpoints are written down with, for one service and what one group of handlers works on. */
export function defineEndpoints<S extends Service, Api>() {
  return {
    endpoint<
      const A extends Access<S["role"]>,
      const O extends Outputs,
      I extends Input = NoInput,
      P extends string = never,
    >(definition: Definition<S, Api, A, I, O, P>): Endpoint<S, Api> {
      // What the router hands to a handler was parsed by the same definition.
      return definition;
    },
    group(group: EndpointGroup<S, Api>): EndpointGroup<S, Api> {
      return group;
    },
  };
}
