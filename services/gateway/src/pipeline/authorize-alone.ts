import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { AuditSubject, Authorize, AuthorizedDecision } from "../domain/authorizer.ts";
import { withAuditId, type Caller } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { RateLimitedError, type LimitGroup } from "../domain/rate-limits.ts";
import { sourceOf } from "../domain/source.ts";
import type { FairQueue } from "@sark/scheduling";
import type { StageParent } from "../telemetry/traces/call-span.ts";
import type { CallTracing } from "../telemetry/traces/call-tracing.ts";
import type { KeepIntent } from "./intent-stage.ts";
import type { PassLimits } from "./pass-limits.ts";
import type { PolicyStage } from "./policy-stage.ts";
import { decisionRecord, sensitivityOf } from "../governance/records.ts";

/**
 * Decides about what another party does: the same stages as of a call, and no outcome. Rejects with a `RateLimitedError` when a
 * limit of the principal that is asked about, or of what it asks for, is reached.
 */
export function createAuthorize(deps: {
  readonly passLimits: PassLimits;
  readonly policy: PolicyStage;
  readonly keepIntent: KeepIntent;
  readonly turns: FairQueue;
  readonly tracing: Pick<CallTracing, "decision">;
}): Authorize {
  const { passLimits, policy, keepIntent, turns, tracing } = deps;

  async function passOrThrow(
    group: LimitGroup,
    query: AuthorizationQuery,
    caller: Caller,
    subject: AuditSubject,
    span: StageParent,
  ): Promise<JsonObject> {
    const sensitivity = sensitivityOf(query);
    const counted = { principal: query.principal, caller, subject, sensitivity, sessionId: null };
    const passed = await passLimits(group, counted, span);
    if (!passed.allowed) {
      throw new RateLimitedError(withAuditId(passed.reason, passed.audit), passed.retryAfterSeconds);
    }
    return passed.marks;
  }

  async function decide(
    query: AuthorizationQuery,
    caller: Caller,
    subject: AuditSubject,
    marks: JsonObject,
    span: StageParent,
  ): Promise<AuthorizedDecision> {
    const decision = await policy.decide(query, subject, span);
    const common = decision.allow ? await passOrThrow("common", query, caller, subject, span) : {};
    const record = decisionRecord({
      query,
      decision,
      caller,
      subject,
      sessionId: null,
      traceId: span.traceId,
      expectsOutcome: false,
      marks: { ...marks, ...common },
    });
    const { id } = await keepIntent(record, subject, span);
    return { decision, auditId: id };
  }

  return (query, caller, subject) =>
    tracing.decision<AuthorizedDecision>(
      query.action,
      async (span) => {
        const marks = await passOrThrow("own", query, caller, subject, span);
        return turns.run(sourceOf(caller.principal), () => decide(query, caller, subject, marks, span));
      },
      { denial: deniedBy, isRefusal: (error) => error instanceof RateLimitedError },
    );
}

/** What a trace says of a decision that denies. */
function deniedBy({ decision }: { readonly decision: Decision }): string | null {
  return decision.allow ? null : decision.code;
}
