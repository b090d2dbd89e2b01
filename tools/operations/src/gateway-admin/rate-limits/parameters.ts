import { given, nameFlag } from "../../flags.ts";

/** Whom a limit is about. */
export interface SelectorFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly server?: string;
  readonly tenant?: string;
}

export const selectorFlags = {
  user: nameFlag("A user; with --tenant, that of this tenant"),
  agent: nameFlag("An agent; with --tenant, that of this tenant"),
  tool: nameFlag("A tool of --server"),
  server: nameFlag("A server, or the one that has --tool"),
  tenant: nameFlag("A tenant, or that of --user or --agent"),
} as const;

/** Those that were given, as the gateway takes them. */
export function selectorOf({ user, agent, tool, server, tenant }: SelectorFlags): Record<string, string> {
  return given({ user, agent, tool, server, tenant });
}
