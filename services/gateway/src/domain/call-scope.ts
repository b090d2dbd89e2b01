/** One server that a credential may be used for. */
export interface ScopedServer {
  /** By its configured name, exactly. */
  readonly server: string;
  /** Names of tools, exactly; `null`: all that the server offers. */
  readonly tools: readonly string[] | null;
}

/** What a credential may be used for, whatever its principal may do otherwise. */
export type CallScope = readonly ScopedServer[];

/** Authentication hands out one object for one credential, whose scope is therefore indexed once. */
const indexes = new WeakMap<CallScope, ReadonlyMap<string, ReadonlySet<string> | null>>();

/** Names of the tools of a server that are within the scope; `null`: all that it offers; `undefined`: the server is not. */
export function toolsWithin(scope: CallScope, server: string): ReadonlySet<string> | null | undefined {
  let index = indexes.get(scope);
  if (index === undefined) {
    index = new Map(scope.map(({ server: name, tools }) => [name, tools === null ? null : new Set(tools)]));
    indexes.set(scope, index);
  }
  return index.get(server);
}
