import type { Endpoint, EndpointGroup, Service } from "./endpoint.ts";

export interface FoundEndpoint<S extends Service> {
  readonly id: string;
  readonly endpoint: Endpoint<S, never>;
}

/** The endpoint of the table that serves a request of this method and path, without its query; `null` for any other. */
export function findEndpoint<S extends Service>(
  groups: readonly EndpointGroup<S, never>[],
  method: string,
  path: string,
): FoundEndpoint<S> | null {
  const matching = groups
    .flatMap(({ endpoints }) => Object.entries(endpoints))
    .filter(([, endpoint]) => endpoint.method === method && pattern(endpoint.path).test(path))
    // As routers do: what is written out goes before what is a parameter.
    .toSorted(([, one], [, other]) => variables(one.path) - variables(other.path));
  const [id, endpoint] = matching[0] ?? [];
  return id === undefined || endpoint === undefined ? null : { id, endpoint };
}

function variables(path: string): number {
  return path.split("{").length;
}

function pattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(/\{\w+\\\*\}/g, ".*").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
