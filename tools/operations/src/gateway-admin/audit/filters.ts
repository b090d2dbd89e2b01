import { given, nameFlag } from "../../flags.ts";
import { rangeFlags, rangeQuery, type RangeFlags } from "../../time/range-flags.ts";

/** Which events of the audit log. */
export interface FilterFlags extends RangeFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly tenant?: string;
  readonly decision?: "allow" | "deny";
  readonly type?: string;
  readonly outcome?: string;
  readonly request?: string;
}

export const filterFlags = {
  ...rangeFlags,
  user: nameFlag("Events of this user alone"),
  agent: nameFlag("Events of this agent alone"),
  server: nameFlag("Events about this server alone"),
  tool: nameFlag("Events about this tool alone"),
  tenant: nameFlag("Events of this tenant alone"),
  decision: {
    kind: "enum",
    values: ["allow", "deny"],
    optional: true,
    brief: "Events that were decided so alone",
  },
  type: nameFlag("Events of this type alone, such as tool_invoke"),
  outcome: nameFlag("Calls that ended so alone, such as timeout"),
  request: { ...nameFlag("Events of this request alone"), placeholder: "ID" },
} as const;

/** As the gateway takes them. */
export function filterQuery(flags: FilterFlags): Record<string, string> {
  const { user, agent, server, tool, tenant, decision, type, outcome, request } = flags;
  return {
    ...rangeQuery(flags),
    ...given({
      user_id: user,
      agent_id: agent,
      server,
      tool,
      tenant,
      decision,
      event_type: type,
      outcome,
      request_id: request,
    }),
  };
}
