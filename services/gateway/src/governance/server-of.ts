import type { PolicyResource } from "../domain/authorization.ts";

/** The MCP server that a resource is, or is at; `null` where it is neither. */
export function serverOf(resource: PolicyResource): string | null {
  switch (resource.type) {
    case "tool":
    case "resource":
    case "prompt":
      return resource.server;
    case "server":
      return resource.name;
    case "agent":
    case "gateway":
      return null;
  }
}
