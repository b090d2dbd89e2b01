export const AGENT_TYPES = ["service", "worker", "query", "unknown"] as const;
export type AgentType = (typeof AGENT_TYPES)[number];

export const TRUST_LEVELS = ["trusted", "limited", "untrusted"] as const;
export type TrustLevel = (typeof TRUST_LEVELS)[number];

/** What is known of an agent: by the operator's configuration, else by its verified token. */
export interface AgentProfile {
  readonly agent_type: AgentType;
  readonly trust_level: TrustLevel;
}

/** An agent as the operator names it. */
export interface ConfiguredAgent extends AgentProfile {
  /** Where its id means this agent; another tenant's agent of the same id is unknown. Without it, it is the same in all. */
  readonly tenant?: string | undefined;
}

export const UNKNOWN_AGENT: AgentProfile = { agent_type: "unknown", trust_level: "untrusted" };
