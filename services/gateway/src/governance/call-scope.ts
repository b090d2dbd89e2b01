import type { Action, AuthorizationQuery } from "../domain/authorization.ts";
import { toolsWithin, type CallScope } from "../domain/call-scope.ts";
import { serverOf } from "./server-of.ts";

/** What a client needs of a server to call any of its tools. */
const PLUMBING: ReadonlySet<Action> = new Set(["gateway:server:info", "gateway:tool:discover"]);
/** To ask for these is no use of a server: each entry of the response is looked at by itself. */
const LISTINGS: ReadonlySet<Action> = new Set(["gateway:server:list", "gateway:tool:discover"]);

/**
 * Whether a credential may be used for this at all. A scope that names tools of a server is for those alone: not for
 * its resources and prompts, nor for methods that could do anything.
 */
export function isWithinScope(
  scope: CallScope,
  { action, resource }: Pick<AuthorizationQuery, "action" | "resource">,
): boolean {
  if (resource.type === "gateway") {
    return LISTINGS.has(action);
  }
  const server = serverOf(resource);
  const tools = server === null ? undefined : toolsWithin(scope, server);
  if (tools === undefined || tools === null) {
    return tools === null;
  }
  return resource.type === "tool"
    ? tools.has(resource.name)
    : resource.type === "server" && PLUMBING.has(action);
}
