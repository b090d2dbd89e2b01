import type { ApiKeyRecord } from "@sark/gateway/api-keys";

type Scope = NonNullable<ApiKeyRecord["scope"]>;

/** One `--scope`: a server, or one tool of it. */
export interface ScopeFlag {
  readonly server: string;
  readonly tool: string | null;
}

/** Names of servers have no slash; those of tools may. */
export function parseScope(value: string): ScopeFlag {
  const slash = value.indexOf("/");
  const server = slash === -1 ? value : value.slice(0, slash);
  const tool = slash === -1 ? null : value.slice(slash + 1);
  if (server === "" || tool === "") {
    throw new SyntaxError("expected SERVER or SERVER/TOOL");
  }
  if (/[*?]/.test(value)) {
    throw new SyntaxError("names are exact: there are no patterns");
  }
  return { server, tool };
}

/** What the flags say together; `null` without any. Throws a `SyntaxError` where they name a server and tools of it. */
export function scopeOf(flags: readonly ScopeFlag[]): Scope | null {
  const servers = new Map<string, Set<string> | null>();
  for (const { server, tool } of flags) {
    const tools = servers.get(server);
    if (tools !== undefined && (tools === null || tool === null)) {
      throw new SyntaxError(`--scope names all of ${JSON.stringify(server)}, and names it again: say which`);
    }
    servers.set(server, tool === null ? null : new Set([...(tools ?? []), tool]));
  }
  const scope = [...servers].map(([server, tools]) => ({
    server,
    tools: tools === null ? null : [...tools],
  }));
  return scope.length === 0 ? null : scope;
}

/** As the flags would say it. */
export function showScope(scope: Scope | null): string {
  return (scope ?? [])
    .flatMap(({ server, tools }) => (tools === null ? [server] : tools.map((tool) => `${server}/${tool}`)))
    .join(", ");
}
