import type { AuditLog } from "@sark/audit";
import type { PayloadPolicy } from "@sark/audit/payloads";
import type { PolicyEngine, Sensitivity } from "../domain/authorization.ts";
import type { Authorize } from "../domain/authorizer.ts";
import type { Caller, Governor, McpCall, Permit, Refusal } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { referenceOf } from "../governance/audit-reference.ts";
import { createAuthorize } from "./authorize-alone.ts";
import { createKeepIntent } from "./intent-stage.ts";
import { toQuery } from "../governance/query.ts";
import type { CountedCall } from "../governance/limited-record.ts";
import { createPassLimits, NOT_COUNTED } from "./pass-limits.ts";
import { createPolicyStage, type PolicyStageDependencies } from "./policy-stage.ts";
import { FREE, type QuotaStage } from "../governance/quota-stage.ts";
import { isCounted, type RateLimitStage } from "../governance/rate-limit-stage.ts";
import { createPermits, type RecordedIntent } from "../governance/permits.ts";
import { callSubject, decisionRecord } from "../governance/records.ts";
import { isAudited, refusalReason } from "../governance/refusals.ts";
import { createVisibility, type Visibility } from "../governance/visibility.ts";
import { createFairQueue } from "@sark/scheduling";
import { sourceOf } from "../domain/source.ts";
import type { CallEvents } from "../telemetry/call-events.ts";
import type { CallSpan } from "../telemetry/traces/call-span.ts";
import type { CallTracing } from "../telemetry/traces/call-tracing.ts";

/** The part of an upstream that governance needs to know. */
export interface ServerProfile {
  readonly transport: "tcp" | "pipe";
  sensitivity(target: string | null): Sensitivity;
}

export interface PipelineDependencies extends PolicyStageDependencies {
  /** `null` where no limit is configured: nothing is counted then. */
  readonly rateLimits: RateLimitStage | null;
  /** `null` where no price is configured: nothing is charged then. */
  readonly quotas: QuotaStage | null;
  readonly policy: PolicyEngine;
  readonly audit: Pick<AuditLog, "record">;
  /** What is kept of arguments and results. */
  readonly payloads: Readonly<Record<"arguments" | "result", PayloadPolicy>>;
  /** What is known of a tool's arguments, for hiding those that it calls secret. */
  inputSchema(server: string, tool: string): JsonObject | undefined;
  serverProfile(server: string): ServerProfile | undefined;
  readonly events: CallEvents;
  readonly tracing: CallTracing;
}

export interface Pipeline {
  readonly governor: Governor;
  readonly authorize: Authorize;
  readonly ask: Visibility["ask"];
  /** Records an outcome for every call that still runs. Call it once nothing serves them any more. */
  close(): void;
}

/**
 * Decisions with their records that are under way at once, and those of one principal: well below what the audit
 * log's queue holds, and enough to fill its commits.
 */
const AT_ONCE = { atOnce: 2_048, perSource: 256 };

/**
 * The stages of every governed call, in order: limits of its caller, policy, budget, limits that callers have in common,
 * durable intent, upstream (the caller's part), outcome.
 */
export function createPipeline(deps: PipelineDependencies): Pipeline {
  const { rateLimits, quotas, policy, audit, events, tracing } = deps;
  // Deciding takes the gateway's own thread: a batch or a list of thousands waits for its turns between others' calls.
  const turns = createFairQueue(AT_ONCE);
  const passLimits = createPassLimits(rateLimits, tracing);
  const policyStage = createPolicyStage(deps);
  const keepIntent = createKeepIntent({
    audit,
    policy: deps.payloads.arguments,
    inputSchema: deps.inputSchema,
    tracing,
  });
  const authorize = createAuthorize({ passLimits, policy: policyStage, keepIntent, turns, tracing });
  const permits = createPermits({
    audit,
    resultPolicy: deps.payloads.result,
    events,
    transportOf: (call) => profile(call).transport,
  });

  /** Limits of the caller come before the call waits for its turn: what is over them takes up none. */
  async function begin(call: McpCall, caller: Caller): Promise<Permit | Refusal> {
    const receivedAt = performance.now();
    const span = tracing.start(call, caller, profile(call).transport);
    const counted = countedCall(call, caller);
    const counting = isLimited(call) ? passLimits("own", counted, span) : NOT_COUNTED;
    const passed = counting instanceof Promise ? await counting : counting;
    if (!passed.allowed) {
      span.end({ outcome: "protocol_error", message: passed.reason }, { refusal: passed.code });
      return passed;
    }
    return await turns.run(sourceOf(caller.principal), () =>
      decideAndPermit(call, counted, span, passed.marks, receivedAt),
    );
  }

  function countedCall(call: McpCall, caller: Caller): CountedCall {
    const sensitivity = profile(call).sensitivity(call.target);
    const { principal } = caller;
    return { principal, caller, subject: callSubject(call), sensitivity, sessionId: call.sessionId };
  }

  const isLimited = (call: McpCall) => rateLimits !== null && isCounted(call);

  async function decideAndPermit(
    call: McpCall,
    counted: CountedCall,
    span: CallSpan,
    marks: JsonObject,
    receivedAt: number,
  ): Promise<Permit | Refusal> {
    let recorded: Awaited<ReturnType<typeof decideAndRecord>>;
    try {
      recorded = await span.run(() => decideAndRecord(call, counted, span, marks));
    } catch (error) {
      const refusal = refusalReason(error);
      span.run(() => events.auditRefused(call, refusal.code, error));
      span.end({ outcome: "upstream_error", message: refusal.reason }, { refusal: refusal.code });
      return refusal;
    }
    if (!recorded.allowed) {
      span.end({ outcome: "protocol_error", message: recorded.reason }, { refusal: recorded.code });
      return recorded;
    }
    return permits.give(call, span, recorded, receivedAt);
  }

  /** Plumbing (ping, …) leaves a record only when it is denied. */
  async function decideAndRecord(
    call: McpCall,
    counted: CountedCall,
    span: CallSpan,
    marks: JsonObject,
  ): Promise<RecordedIntent | Refusal> {
    const { caller, subject } = counted;
    const query = toQuery(call, caller, profile(call).sensitivity(call.target));
    // Each of these waits for something in few calls: see `whenReady`.
    const deciding = policyStage.decide(query, subject, span);
    const decision = deciding instanceof Promise ? await deciding : deciding;
    const reserving =
      quotas !== null && decision.allow && call.kind === "tool"
        ? tracing.stage("quota", span, () => quotas.reserve(counted, span.traceId))
        : FREE;
    const granted = reserving instanceof Promise ? await reserving : reserving;
    if (!granted.allowed) {
      return granted;
    }
    // What its budget stops uses up nothing that others need, either.
    const counting = decision.allow && isLimited(call) ? passLimits("common", counted, span) : NOT_COUNTED;
    const common = counting instanceof Promise ? await counting : counting;
    if (!common.allowed) {
      granted.release();
      return common;
    }
    const record = decisionRecord({
      query,
      decision,
      caller,
      subject,
      sessionId: call.sessionId,
      traceId: span.traceId,
      expectsOutcome: true,
      marks: { ...marks, ...common.marks, ...granted.marks },
    });
    if (decision.allow && !isAudited(call)) {
      return { allowed: true, decision, record, kept: null, granted };
    }
    try {
      const kept = await keepIntent(record, subject, span);
      const { allow, code, reason, requiredScopes } = decision;
      return allow
        ? { allowed: true, decision, record, kept, granted }
        : { allowed: false, audit: referenceOf(kept), code, reason, requiredScopes };
    } catch (error) {
      granted.release();
      throw error;
    }
  }

  function profile(call: { server: string }): ServerProfile {
    return deps.serverProfile(call.server) ?? UNKNOWN_SERVER;
  }

  const { visible, ask } = createVisibility({
    policy,
    tokenScopes: deps.tokenScopes,
    turns,
    sensitivityAt: (server) => profile({ server }).sensitivity,
    toolsListed: events.toolsListed,
  });

  return { governor: { begin, visible }, authorize, ask, close: permits.finishAll };
}

const UNKNOWN_SERVER: ServerProfile = { transport: "tcp", sensitivity: () => "critical" };
