import type { AuthorizationQuery, PolicyEngine, Sensitivity } from "../../domain/authorization.ts";
import type { Authorize } from "../../domain/authorizer.ts";
import { withAuditId, type Caller } from "../../domain/governance.ts";
import type { ListedTool } from "../../domain/upstream.ts";
import { HttpError } from "../../transport/errors.ts";
import { mapInSlices } from "@sark/scheduling";
import type { Server, Tool } from "./responses.ts";
import { toToolInfo } from "./tool-info.ts";

/** The servers behind the gateway, as far as listings have to know them. */
export interface ServerCatalog {
  names(): readonly string[];
  sensitivityOf(server: string, tool: string | null): Sensitivity;
  /** Asks the server itself (cached); rejects when it cannot be asked. */
  tools(server: string): Promise<readonly ListedTool[]>;
}

/** Servers and tools: the listing is a recorded decision, its entries are filtered one by one. */
export function createListings(deps: {
  readonly authorize: Authorize;
  readonly policy: Pick<PolicyEngine, "decide">;
  readonly catalog: ServerCatalog;
}) {
  const { catalog, policy } = deps;

  async function authorizeListing(
    action: "gateway:server:list" | "gateway:tool:discover",
    server: string | null,
    caller: Caller,
  ): Promise<void> {
    const { decision, auditId } = await deps.authorize(
      { principal: caller.principal, action, resource: serverResource(server), context: {} },
      caller,
      { eventType: "discovery", server, tool: null, metadata: {}, arguments: null, params: null },
    );
    if (!decision.allow) {
      throw new HttpError("forbidden", withAuditId(decision.reason, { id: auditId }));
    }
  }

  function serverResource(name: string | null): AuthorizationQuery["resource"] {
    return name === null
      ? { type: "gateway" }
      : { type: "server", name, sensitivity: catalog.sensitivityOf(name, null) };
  }

  async function may(
    caller: Caller,
    action: AuthorizationQuery["action"],
    resource: AuthorizationQuery["resource"],
  ) {
    return (await policy.decide({ principal: caller.principal, action, resource, context: {} })).allow;
  }

  /** The tools of a server that this caller may invoke. */
  async function toolsOf(server: string, caller: Caller): Promise<ListedTool[]> {
    const listed = await catalog.tools(server);
    const allowed = await Promise.all(
      listed.map(({ name }) =>
        may(caller, "gateway:tool:invoke", {
          type: "tool",
          server,
          name,
          sensitivity: catalog.sensitivityOf(server, name),
        }),
      ),
    );
    return listed.filter((_tool, index) => allowed[index]);
  }

  async function infosOf(server: string, caller: Caller): Promise<Tool[]> {
    return mapInSlices(await toolsOf(server, caller), (tool) =>
      toToolInfo(server, tool, catalog.sensitivityOf(server, tool.name)),
    );
  }

  async function visibleServers(caller: Caller): Promise<string[]> {
    const names = catalog.names();
    const allowed = await Promise.all(
      names.map((name) => may(caller, "gateway:server:info", serverResource(name))),
    );
    return names.filter((_name, index) => allowed[index]);
  }

  return {
    async servers(caller: Caller): Promise<Server[]> {
      await authorizeListing("gateway:server:list", null, caller);
      return Promise.all(
        (await visibleServers(caller)).map(async (name): Promise<Server> => {
          const tools = await toolsOf(name, caller).catch(() => null);
          return {
            server_id: name,
            server_name: name,
            server_url: `/mcp/${name}`,
            sensitivity_level: catalog.sensitivityOf(name, null),
            authorized_teams: [],
            access_restrictions: null,
            health_status: tools === null ? "unhealthy" : "healthy",
            tools_count: tools?.length ?? 0,
          };
        }),
      );
    },

    /** Of one server (502 when it cannot be asked), or of all that can be asked. */
    async tools(server: string | undefined, caller: Caller): Promise<Tool[]> {
      await authorizeListing("gateway:tool:discover", server ?? null, caller);
      const visible = await visibleServers(caller);
      if (server === undefined) {
        const lists = await Promise.all(visible.map((name) => infosOf(name, caller).catch(() => [])));
        return lists.flat();
      }
      if (!visible.includes(server)) {
        throw new HttpError("not_found", `There is no server "${server}".`, { field: "server_name" });
      }
      return infosOf(server, caller).catch((cause: unknown) => {
        throw new HttpError("upstream_unavailable", `The server "${server}" did not list its tools.`, {
          cause,
        });
      });
    },
  };
}
