import { given, nameFlag, reasonFlag } from "../../flags.ts";

/** Whose budgets. */
export interface PayerFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly tenant?: string;
}

export const payerFlags = {
  user: nameFlag("A user; with --tenant, that of this tenant"),
  agent: nameFlag("An agent; with --tenant, that of this tenant"),
  tenant: nameFlag("A tenant, or that of --user or --agent"),
} as const;

/** What changes of budgets have in common. */
export interface ChangeFlags extends PayerFlags {
  readonly period?: "day" | "month";
  readonly reason: string;
}

export const changeFlags = {
  ...payerFlags,
  period: {
    kind: "enum",
    values: ["day", "month"],
    optional: true,
    brief: "Which budget; without it, both",
  },
  reason: { ...reasonFlag, default: "changed with gateway-admin" },
} as const;

/** Those that were given, as the gateway takes them. */
export function payerIn({ user, agent, tenant }: PayerFlags): Record<string, string> {
  return given({ user, agent, tenant });
}
