import type { JsonObject } from "@sark/json";
import type { Awaitable } from "./awaitable.ts";
import type { Principal } from "./principal.ts";

/** What a caller may ask to do. The first four are those of the SARK REST contract. */
export const ACTIONS = [
  "gateway:tool:invoke",
  "gateway:server:list",
  "gateway:tool:discover",
  "gateway:server:info",
  "gateway:resource:read",
  "gateway:prompt:get",
  /** Any MCP method without a rule of its own (an extension, a future revision). */
  "gateway:method:call",
  "gateway:a2a:execute",
  "gateway:a2a:query",
  "gateway:a2a:delegate",
] as const;
export type Action = (typeof ACTIONS)[number];

export const SENSITIVITY_LEVELS = ["low", "medium", "high", "critical"] as const;
export type Sensitivity = (typeof SENSITIVITY_LEVELS)[number];

/** What it is to be done to. `server` is the upstream's name in the configuration. */
export type PolicyResource =
  | {
      readonly type: "tool";
      readonly server: string;
      readonly name: string;
      readonly sensitivity: Sensitivity;
    }
  | {
      readonly type: "resource";
      readonly server: string;
      readonly uri: string;
      readonly sensitivity: Sensitivity;
    }
  | {
      readonly type: "prompt";
      readonly server: string;
      readonly name: string;
      readonly sensitivity: Sensitivity;
    }
  | { readonly type: "server"; readonly name: string; readonly sensitivity: Sensitivity }
  | { readonly type: "agent"; readonly id: string; readonly attributes: JsonObject }
  | { readonly type: "gateway" };

/** Everything that a policy can see; the decision cache is keyed by all of it. */
export interface AuthorizationQuery {
  readonly principal: Principal;
  readonly action: Action;
  readonly resource: PolicyResource;
  /** `parameters` (tool arguments) and whatever else the request brings, e.g. `method`, `environment`. */
  readonly context: JsonObject;
}

/** Why a decision is what it is, as a closed list for metrics and errors. */
export const DECISION_CODES = [
  "allowed",
  /** A policy forbids it, or none permits it. */
  "denied_by_policy",
  /** The caller's roles are for looking after the gateway alone: no policy is asked. */
  "denied_by_role",
  /** The caller's API key is for other servers or tools: no policy is asked. */
  "denied_by_scope",
  /** A policy permits it, but the token lacks scopes that it takes. */
  "insufficient_scope",
  /** A policy permits it, but some servers would take a key or a value of the arguments for another one, which policies may name. */
  "ambiguous_arguments",
  /** A policy permits it, but some servers would take the tool's name for that of another tool, which policies may name. */
  "ambiguous_name",
  /** Policies cannot be asked about it as it is: a key that is alike to one they name, too much to look at, broken Unicode. It is the caller's to change. */
  "undecidable_request",
  /** The engine did not respond in time. */
  "policy_timeout",
  /** The engine could not be reached, or has no policies loaded. */
  "policy_unavailable",
  /** The engine responded with an error, or with something that is no decision. */
  "policy_error",
] as const;
export type DecisionCode = (typeof DECISION_CODES)[number];
/** Why an engine can have no decision: its own faults, and requests that it cannot be asked about. */
export type DecisionFault = Extract<
  DecisionCode,
  "undecidable_request" | "policy_timeout" | "policy_unavailable" | "policy_error"
>;

export interface Decision {
  readonly allow: boolean;
  readonly code: DecisionCode;
  /** One sentence for people. */
  readonly reason: string;
  /** Ids of the policies that determined it; empty when none did (default deny). */
  readonly policies: readonly string[];
  readonly engine: "cedar" | "opa";
  /** The policy set's revision: a digest of the Cedar files, or OPA's bundle revision. */
  readonly revision: string | null;
  /** OPA's decision id, where it gives one. */
  readonly decisionId: string | null;
  /** Replaces the call's arguments before they go upstream; `null` leaves them as they are. */
  readonly filteredParameters: JsonObject | null;
  /** How long a caller may keep it, in seconds; 0 forbids. */
  readonly cacheTtlSeconds: number;
  readonly cached: boolean;
  /** Scopes to get a token with, of `insufficient_scope`. */
  readonly requiredScopes?: readonly string[];
}

/** Decides queries; implemented by Cedar (embedded) and OPA (HTTP). Any fault is a denial, never a throw. */
export interface PolicyEngine {
  readonly name: "cedar" | "opa";
  /** At once, where the decision is known from before. */
  decide(query: AuthorizationQuery): Awaitable<Decision>;
  status(): PolicyEngineStatus;
  /** Asks the engine itself, for health: rejects with the reason when it cannot decide. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface PolicyEngineStatus {
  readonly engine: "cedar" | "opa";
  readonly revision: string | null;
  readonly policies: number | null;
  /** Why the newest edit was not taken; `null` when what is on disk is in force. */
  readonly loadError: string | null;
}
