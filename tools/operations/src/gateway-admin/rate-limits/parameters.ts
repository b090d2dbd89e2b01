const text = (value: string) => value;

function named(placeholder: string, brief: string) {
  return { kind: "parsed", parse: text, optional: true, placeholder, brief } as const;
}

/** Whom a limit is about. */
export interface SelectorFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly server?: string;
  readonly tenant?: string;
}

export const selectorFlags = {
  user: named("NAME", "A user; with --tenant, that of this tenant"),
  agent: named("NAME", "An agent; with --tenant, that of this tenant"),
  tool: named("NAME", "A tool of --server"),
  server: named("NAME", "A server, or the one that has --tool"),
  tenant: named("NAME", "A tenant, or that of --user or --agent"),
} as const;

/** Those that were given, as the gateway takes them. */
export function selectorOf({ user, agent, tool, server, tenant }: SelectorFlags): Record<string, string> {
  const given = Object.entries({ user, agent, tool, server, tenant });
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
