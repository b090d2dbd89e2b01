import { EVERY_CALLER, PUBLIC } from "../access.ts";
import type { Endpoint, EndpointGroup, Service } from "../endpoint.ts";
import { pathParameters } from "./path.ts";

/** Throws where the table could not be served as it says; types hold most of this, for those who compile. */
export function checkTable(groups: readonly EndpointGroup<Service, never>[]): void {
  const seen = new Set<string>();
  for (const { endpoints } of groups) {
    for (const [id, endpoint] of Object.entries(endpoints)) {
      checkEndpoint(id, endpoint);
      for (const key of [id, `${endpoint.method} ${endpoint.path}`]) {
        refuseIf(seen.has(key), id, `${key} is declared twice`);
        seen.add(key);
      }
    }
  }
}

function checkEndpoint(id: string, endpoint: Endpoint<Service, never>): void {
  const { method, path, roles, input = {}, output } = endpoint;
  const declared: unknown = roles;
  const isAccess =
    declared === PUBLIC || declared === EVERY_CALLER || (Array.isArray(declared) && declared.length > 0);
  refuseIf(!isAccess, id, "it declares no roles");
  const inPath = pathParameters(path).toSorted();
  const inSchema = Object.keys(input.path?.shape ?? {}).toSorted();
  refuseIf(inPath.join() !== inSchema.join(), id, `its path has ${inPath.join() || "no parameters"}`);
  refuseIf(input.body !== undefined && method === "GET", id, "a GET request has no body");
  refuseIf(input.body !== undefined && roles === PUBLIC, id, "no body is read before its caller is known");
  refuseIf(Object.keys(output).length === 0, id, "it declares no response");
}

function refuseIf(problem: boolean, id: string, message: string): void {
  if (problem) {
    throw new Error(`endpoint ${id}: ${message}`);
  }
}
