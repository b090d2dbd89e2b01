import type { AuthorizationQuery, Decision } from "./authorization.ts";
import type { Caller } from "./governance.ts";
import type { JsonObject } from "@sark/json";

/** What an audit record says in addition to the decision. */
export interface AuditSubject {
  /** `tool_invoke`, `a2a_communication`, `discovery`, … */
  readonly eventType: string;
  readonly server: string | null;
  readonly tool: string | null;
  readonly metadata: JsonObject;
  /** What the tool or agent is to be called with; recorded as the payload policy says. */
  readonly arguments: JsonObject | null;
  /** What else the request brought; recorded by the same policy. */
  readonly params: JsonObject | null;
  /** Whether policies see more of them: what each request of a client repeats is not recorded. */
  readonly paramsShortened?: true;
  /** Ids in place of the caller's, where one agent asks on behalf of others (agent to agent). */
  readonly agentId?: string;
}

export interface AuthorizedDecision {
  readonly decision: Decision;
  /** Id of the committed record of this decision. */
  readonly auditId: string;
}

/** Decides one query and commits the record of it before it resolves. Rejects when the record cannot be kept. */
export type Authorize = (
  query: AuthorizationQuery,
  caller: Caller,
  subject: AuditSubject,
) => Promise<AuthorizedDecision>;
