import type { AuthorizationQuery, DecisionCode } from "./authorization.ts";

/** Where a policy stands. */
export interface PolicyEntry {
  readonly id: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Its `@reason`. */
  readonly reason: string | null;
}

/** What is in force, as far as the gateway knows: of OPA's policies only OPA knows more. */
export interface PoliciesInForce {
  readonly engine: "cedar" | "opa";
  readonly revision: string | null;
  /** Unix milliseconds. */
  readonly loadedAt: number | null;
  /** `null` where they are OPA's. */
  readonly policies: readonly PolicyEntry[] | null;
  readonly warnings: readonly string[];
  /** Why the newest edit was not taken; `null` when what is on disk is in force. */
  readonly failure: {
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly at: number;
  } | null;
  /** Path of OPA's decision document. */
  readonly opaPath: string | null;
}

/** A policy set to try: the one in force, texts in place of a folder, or another document of the same OPA. */
export type PolicyCandidate =
  | { readonly kind: "in_force" }
  | {
      readonly kind: "files";
      /** By file name. */
      readonly files: ReadonlyMap<string, string>;
      /** What counts of the set in force where it is not among the files. Entities may say something of any tenant. */
      readonly shares: readonly ("schema" | "entities")[];
    }
  | { readonly kind: "opa_path"; readonly path: string };

export interface PolicyProblem {
  readonly file: string | null;
  /** 1-based. */
  readonly line: number | null;
  readonly message: string;
}

/** Why a candidate cannot be tried. */
export class PolicyCandidateError extends Error {
  override readonly name = "PolicyCandidateError";
  readonly kind: "invalid" | "unsupported" | "unavailable";
  readonly problems: readonly PolicyProblem[];

  constructor(
    kind: PolicyCandidateError["kind"],
    message: string,
    options: { readonly problems?: readonly PolicyProblem[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.problems = options.problems ?? [];
  }
}

/** What is not known of a recorded query. A policy set that can see it cannot be asked about that query. */
export const UNKNOWN_FACTS = [
  /** Roles, attributes, kind and way of authentication of the principal, or attributes of an agent that is asked for. */
  "principal",
  "arguments",
  /** What an MCP request brought in addition to its arguments. */
  "params",
  /** What a caller of the REST API said in addition to the parameters: any name of the context may be one of its own. */
  "context",
  /** Members of `params._meta` that records leave out. */
  "envelope",
  /** What the caller's API key is bound to. */
  "scope",
] as const;
export type UnknownFact = (typeof UNKNOWN_FACTS)[number];

/** A query to put before a candidate. */
export interface PolicyCase {
  readonly query: Omit<AuthorizationQuery, "context">;
  /** The context as JSON text, so that it is parsed where it is evaluated. */
  readonly context: string;
  /** What policies see as the time, in milliseconds since 1970. */
  readonly time: number;
  readonly unknown: readonly UnknownFact[];
  /** As it was sent, or as it is on record: ill-formed text replaced, and secrets hidden where it is redacted. */
  readonly fidelity: "as_sent" | "recorded" | "redacted";
}

/** What a candidate says, or why it was not asked. */
export type PolicyCaseResult =
  | {
      readonly kind: "decided";
      readonly allow: boolean;
      readonly code: DecisionCode;
      readonly reason: string;
      readonly policies: readonly string[];
      readonly revision: string | null;
    }
  | { readonly kind: "unknown"; readonly fact: UnknownFact | "redacted" | "replaced_text" };

/** A candidate that was understood. */
export interface OpenedPolicySet {
  readonly engine: "cedar" | "opa";
  readonly revision: string | null;
  /** `null` where they are OPA's. */
  readonly policies: readonly PolicyEntry[] | null;
  readonly warnings: readonly string[];
  /** In the order of the cases. Rejects with the signal's reason, or a `PolicyCandidateError`. */
  evaluate(cases: readonly PolicyCase[]): Promise<readonly PolicyCaseResult[]>;
  close(): Promise<void>;
}

/** Tries policy sets without putting them in force, and without taking the thread that serves calls. */
export interface PolicyWorkbench {
  inForce(): PoliciesInForce;
  /** What decisions by this candidate would have as their revision; `null` where only OPA knows. */
  revisionOf(candidate: PolicyCandidate): string | null;
  /** Rejects with a `PolicyCandidateError`. What it opened ends when the signal is aborted, too. */
  open(candidate: PolicyCandidate, signal: AbortSignal): Promise<OpenedPolicySet>;
}
