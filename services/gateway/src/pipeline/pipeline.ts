import type { AuditLog, AuditRecord } from "@sark/audit";
import type { PayloadPolicy } from "@sark/audit/payloads";
import type { AuthorizationQuery, Decision, PolicyEngine, Sensitivity } from "./domain/authorization.ts";
import { whenReady, type Awaitable } from "./domain/awaitable.ts";
import type { AuditSubject, Authorize, AuthorizedDecision } from "./domain/authorizer.ts";
import {
  withAuditId,
  type Caller,
  type Governor,
  type McpCall,
  type Permit,
  type Refusal,
} from "./domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { TokenScopes } from "./domain/token-scopes.ts";
import { RateLimitedError, type LimitGroup } from "./domain/rate-limits.ts";
import { referenceOf } from "./governance/audit-reference.ts";
import { denyInsufficientScope } from "./governance/deny-insufficient-scope.ts";
import { denyAmbiguousName } from "./governance/deny-ambiguous-name.ts";
import { denyAmbiguousArguments } from "./governance/deny-ambiguous-arguments.ts";
import { toQuery } from "./governance/query.ts";
import type { CountedCall } from "./governance/limited-record.ts";
import { FREE, type QuotaStage } from "./governance/quota-stage.ts";
import { isCounted, type Passed, type RateLimitStage } from "./governance/rate-limit-stage.ts";
import { createPermits, type RecordedIntent } from "./governance/permits.ts";
import { callSubject, decisionRecord, requestPayloads, sensitivityOf } from "./governance/records.ts";
import { isAudited, refusalReason } from "./governance/refusals.ts";
import { createVisibility, type Visibility } from "./governance/visibility.ts";
import { createFairQueue } from "@sark/scheduling";
import { sourceOf } from "./domain/source.ts";
import type { CallEvents } from "./telemetry/call-events.ts";
import { denialAttributes } from "./telemetry/traces/call-attributes.ts";
import { AUDIT_INTENT, type CallSpan, type StageParent } from "./telemetry/traces/call-span.ts";
import { sampledTrace } from "@sark/observability/tracing";
import type { CallTracing, StageDetails } from "./telemetry/traces/call-tracing.ts";

/** The part of an upstream that governance needs to know. */
export interface ServerProfile {
  readonly transport: "tcp" | "pipe";
  sensitivity(target: string | null): Sensitivity;
}

export interface PipelineDependencies {
  /** `null` where no limit is configured: nothing is counted then. */
  readonly rateLimits: RateLimitStage | null;
  /** `null` where no price is configured: nothing is charged then. */
  readonly quotas: QuotaStage | null;
  readonly policy: PolicyEngine;
  readonly tokenScopes: TokenScopes;
  readonly audit: Pick<AuditLog, "record">;
  /** What is kept of arguments and results. */
  readonly payloads: Readonly<Record<"arguments" | "result", PayloadPolicy>>;
  /** What is known of a tool's arguments, for hiding those that it calls secret. */
  inputSchema(server: string, tool: string): JsonObject | undefined;
  /** The same, asking the server where nothing is known of it yet; rejects when it cannot be asked. */
  currentSchema(server: string, tool: string): JsonObject | undefined | Promise<JsonObject | undefined>;
  /** Whether a tool is none that the server has, and could be one to a server that is not exact about names. */
  isLookAlike(server: string, tool: string): boolean | Promise<boolean>;
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
  const permits = createPermits({
    audit,
    resultPolicy: deps.payloads.result,
    events,
    transportOf: (call) => profile(call).transport,
  });

  function decideOn(query: AuthorizationQuery): Awaitable<Decision> {
    return whenReady(policy.decide(query), (decided) =>
      decided.allow ? denyInsufficientScope(decided, query, deps.tokenScopes) : decided,
    );
  }

  /** What policy permits is looked at once more by what the server lists; what it denies tells nothing of that. */
  function decide(query: AuthorizationQuery, subject: AuditSubject, span: StageParent): Awaitable<Decision> {
    const started = performance.now();
    return whenReady(
      tracing.stage("policy", span, () => decideAsListed(query, subject), SAID_OF_DECISION),
      (decision) => {
        events.authorizationDecided(query, decision, (performance.now() - started) / 1000);
        return decision;
      },
    );
  }

  function decideAsListed(query: AuthorizationQuery, subject: AuditSubject): Awaitable<Decision> {
    return whenReady(decideOn(query), (decided) =>
      whenReady(decided.allow ? denyAmbiguousName(decided, subject, deps.isLookAlike) : decided, (named) =>
        named.allow ? denyAmbiguousArguments(named, query, subject, deps.currentSchema, decideOn) : named,
      ),
    );
  }

  /** Rejects with a `RateLimitedError` when a limit of the principal that is asked about, or of what it asks for, is reached. */
  const authorize: Authorize = (query, caller, subject) =>
    tracing.decision<AuthorizedDecision>(
      query.action,
      async (span) => {
        const marks = await passOrThrow("own", query, caller, subject, span);
        return turns.run(sourceOf(caller.principal), () => decideAlone(query, caller, subject, marks, span));
      },
      { denial: deniedBy, isRefusal: (error) => error instanceof RateLimitedError },
    );

  async function passOrThrow(
    group: LimitGroup,
    query: AuthorizationQuery,
    caller: Caller,
    subject: AuditSubject,
    span: StageParent,
  ): Promise<JsonObject> {
    const sensitivity = sensitivityOf(query);
    const counted = { principal: query.principal, caller, subject, sensitivity, sessionId: null };
    const passed = await pass(group, counted, span);
    if (!passed.allowed) {
      throw new RateLimitedError(withAuditId(passed.reason, passed.audit), passed.retryAfterSeconds);
    }
    return passed.marks;
  }

  async function decideAlone(
    query: AuthorizationQuery,
    caller: Caller,
    subject: AuditSubject,
    marks: JsonObject,
    span: StageParent,
  ): ReturnType<Authorize> {
    const decision = await decide(query, subject, span);
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
    const { id } = await tracing.stage("audit", span, () => keep(record, subject), INTENT);
    return { decision, auditId: id };
  }

  /** Limits of the caller come before the call waits for its turn: what is over them takes up none. */
  async function begin(call: McpCall, caller: Caller): Promise<Permit | Refusal> {
    const receivedAt = performance.now();
    const span = tracing.start(call, caller, profile(call).transport);
    const counted = countedCall(call, caller);
    const counting = isLimited(call) ? pass("own", counted, span) : NOT_COUNTED;
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

  function pass(group: LimitGroup, counted: CountedCall, span: StageParent): Awaitable<Passed> {
    return rateLimits === null
      ? NOT_COUNTED
      : tracing.stage(
          "rate limit",
          span,
          () => rateLimits.pass(group, counted, () => span.traceId),
          LIMIT_STAGES[group],
        );
  }

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
    const deciding = decide(query, subject, span);
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
    const counting = decision.allow && isLimited(call) ? pass("common", counted, span) : NOT_COUNTED;
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
      const kept = await tracing.stage("audit", span, () => keep(record, subject), INTENT);
      const { allow, code, reason, requiredScopes } = decision;
      return allow
        ? { allowed: true, decision, record, kept, granted }
        : { allowed: false, audit: referenceOf(kept), code, reason, requiredScopes };
    } catch (error) {
      granted.release();
      throw error;
    }
  }

  function keep(record: AuditRecord, subject: AuditSubject) {
    const { server, tool } = subject;
    const schema = server === null || tool === null ? undefined : deps.inputSchema(server, tool);
    const payloads = requestPayloads(subject, deps.payloads.arguments, schema);
    return audit.record(record, { ...payloads, trace: sampledTrace() });
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

/** What a trace says of a decision that denies. */
function deniedBy({ decision }: { readonly decision: Decision }): string | null {
  return decision.allow ? null : decision.code;
}

const INTENT = { attributes: AUDIT_INTENT };

const SAID_OF_DECISION: StageDetails<Decision> = {
  said: ({ allow, code }) => (allow ? {} : denialAttributes(code)),
};

const LIMIT_STAGES = { own: limitStage("own"), common: limitStage("common") };

function limitStage(group: LimitGroup): StageDetails<Passed> {
  return {
    attributes: { "sark.limit.group": group },
    said: (passed) => (passed.allowed ? {} : denialAttributes(passed.code)),
  };
}

const NOT_COUNTED: Passed = { allowed: true, marks: {} };

const UNKNOWN_SERVER: ServerProfile = { transport: "tcp", sensitivity: () => "critical" };
