import type { AuditLog } from "@sark/audit";
import { whenReady, type Awaitable } from "../domain/awaitable.ts";
import type { McpCall, Refusal } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { LimitDecision, LimitGroup, LimitKind, RateLimiter } from "../domain/rate-limits.ts";
import { CLIENT_NOTIFICATIONS, PSEUDO_METHODS } from "../mcp-protocol/vocabulary/methods.ts";
import {
  limitedReason,
  limitedRecord,
  retryAfterSeconds,
  scopeMark,
  type CountedCall,
  type Limited,
} from "./limited-record.ts";
import { createRefusalRecords } from "./refusal-records.ts";

/** What the stage tells of calls that were refused for their rate. */
export interface RateLimitEvents {
  rateLimited(event: {
    readonly kind: LimitKind;
    readonly server: string | null;
    readonly counted: CountedCall;
    readonly message: string;
  }): void;
  /** Its record, or the number of those after it, could not be kept. */
  refusalNotRecorded(error: unknown): void;
}

/** The stages before and after policy: a call that is over a limit ends here. */
export interface RateLimitStage {
  /** What the call's record says of these limits, or why it is refused. Never rejects. */
  pass(group: LimitGroup, counted: CountedCall, traceId: () => string | undefined): Awaitable<Passed>;
  /** Why a call will not pass, where that is known without asking the other replicas; `null` where it may. Counts nothing. Never rejects. */
  reached(group: LimitGroup, counted: CountedCall, traceId: string | undefined): Awaitable<Refused | null>;
  /** Writes what is counted of refusals so far. */
  close(): Promise<void>;
}

export type Passed = { readonly allowed: true; readonly marks: JsonObject } | Refused;

type Refused = Refusal & { readonly retryAfterSeconds: number };

/**
 * Whether a message counts as a call: requests do. Notifications of the protocol, responses to a server and the end of a
 * session do not: to refuse them would keep work running that its client has ended.
 */
export function isCounted({ kind, method }: McpCall): boolean {
  return kind !== "response" && !(kind === "session" && UNCOUNTED.has(method));
}

const UNCOUNTED: ReadonlySet<string> = new Set([...CLIENT_NOTIFICATIONS, ...Object.values(PSEUDO_METHODS)]);

export function createRateLimitStage(deps: {
  readonly limiter: RateLimiter;
  readonly audit: Pick<AuditLog, "record">;
  readonly events: RateLimitEvents;
}): RateLimitStage {
  const { limiter, events } = deps;
  const records = createRefusalRecords(deps.audit, events.refusalNotRecorded);

  async function refuse(
    counted: CountedCall,
    limited: Limited,
    traceId: string | undefined,
  ): Promise<Refused> {
    const reason = limitedReason(limited);
    events.rateLimited({ kind: limited.kind, server: counted.subject.server, counted, message: reason });
    const audit = await records.refused(counted.caller, limited.kind, () =>
      limitedRecord(counted, limited, traceId),
    );
    return {
      allowed: false,
      audit,
      code: "rate_limited",
      reason,
      retryAfterSeconds: retryAfterSeconds(limited),
    };
  }

  return {
    pass(group, counted, traceId) {
      const { principal, subject } = counted;
      const { server, tool } = subject;
      return whenReady<LimitDecision, Passed>(limiter.take({ principal, server, tool }, group), (decision) =>
        decision.allowed
          ? { allowed: true, marks: scopeMark(decision.scope) }
          : refuse(counted, decision, traceId()),
      );
    },
    reached(group, counted, traceId) {
      const { principal, subject } = counted;
      const { server, tool } = subject;
      const limited = limiter.reached({ principal, server, tool }, group);
      return limited === null ? null : refuse(counted, limited, traceId);
    },
    close: () => records.close(),
  };
}
