import type { Recorder } from "@sark/observability/metrics";
import type { GatewayCatalog } from "./catalog.ts";

export const SERVER_NAMES = "server";
export const TOOL_NAMES = "tool";
export const PAYER_NAMES = "payer";
export const USER_NAMES = "user";
export const TENANT_NAMES = "tenant";
export const MAX_SERVER_NAMES = 200;
export const MAX_TOOL_NAMES = 200;
/** Users, tenants, and who pays. */
export const MAX_PAYERS = 200;
/** Of tools that one server brings in, where there are many servers. */
const LEAST_TOOLS = 10;

/** Which names of servers and tools the metrics show. Names that a caller can make up are not among them. */
export interface Names {
  /** What the configuration names comes first, and so has its place. */
  configured(servers: readonly { readonly name: string; readonly tools: readonly string[] }[]): void;
  /** Tools that a server has listed, or one that has responded. A server brings in no more than its share. */
  tools(server: string, names: Iterable<string>): void;
}

export function createNames(recorder: Pick<Recorder<GatewayCatalog>, "introduce">): Names {
  const counts = new Map<string, Set<string>>();
  let share = MAX_TOOL_NAMES;

  function tools(server: string, names: Iterable<string>): void {
    let known = counts.get(server);
    if (known === undefined) {
      counts.set(server, (known = new Set()));
    }
    for (const name of names) {
      if (known.size >= share) {
        return;
      }
      if (known.has(name) || !recorder.introduce(TOOL_NAMES, name)) {
        continue;
      }
      known.add(name);
    }
  }

  return {
    tools,
    configured(servers) {
      for (const { name } of servers) {
        recorder.introduce(SERVER_NAMES, name);
      }
      share = MAX_TOOL_NAMES;
      for (const { name, tools: named } of servers) {
        tools(name, named);
      }
      share = Math.max(LEAST_TOOLS, Math.floor(MAX_TOOL_NAMES / Math.max(1, servers.length)));
    },
  };
}
