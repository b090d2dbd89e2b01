const text = (value: string) => value;

function named(brief: string) {
  return { kind: "parsed", parse: text, optional: true, placeholder: "NAME", brief } as const;
}

/** Whose budgets. */
export interface PayerFlags {
  readonly user?: string;
  readonly agent?: string;
  readonly tenant?: string;
}

export const payerFlags = {
  user: named("A user; with --tenant, that of this tenant"),
  agent: named("An agent; with --tenant, that of this tenant"),
  tenant: named("A tenant, or that of --user or --agent"),
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
  reason: {
    kind: "parsed",
    parse: text,
    default: "changed with gateway-admin",
    placeholder: "TEXT",
    brief: "Why; it goes on record",
  },
} as const;

/** Those that were given, as the gateway takes them. */
export function payerIn({ user, agent, tenant }: PayerFlags): Record<string, string> {
  const given = Object.entries({ user, agent, tenant });
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
