import {
  LIMIT_GROUPS,
  type LimitDecision,
  type LimitReached,
  type LimitedCall,
  type LimitGroup,
  type LimitKind,
  type LimitScope,
  type Rate,
  type RateLimiter,
} from "../domain/rate-limits.ts";
import { createAppliedRules } from "./applied-rules.ts";
import { createBucketTable, type Placed } from "./bucket-table.ts";
import type { RateLimitObserver } from "./contract/observer.ts";
import { createRuleBook, type Rule } from "./rules.ts";
import { subjectOf, type Subject } from "./subjects.ts";
import type { SharedBuckets } from "@sark/shared-state";
import { remaining, takeFrom, waitFor } from "@sark/scheduling";

/** How a subject stands with its limit. */
export interface LimitState {
  readonly kind: LimitKind;
  readonly name: string;
  readonly rate: Rate;
  /** Calls that it may make at once. */
  readonly remaining: number;
  /** Until there is one more, in milliseconds; 0 when all are there. */
  readonly retryAfterMs: number;
  readonly scope: LimitScope;
}

/** Whom an operator asks about. `within` is the server of a tool, or the tenant of a user or an agent. */
export interface LimitSelector {
  readonly kind: LimitKind;
  readonly name: string;
  readonly within: string | null;
}

export interface RateLimits extends RateLimiter {
  /** `null` where no rule applies to it. */
  state(selector: LimitSelector): Promise<LimitState | null>;
  /** Gives a subject all of its calls again, here and, where limits are shared, on all replicas. */
  reset(selector: LimitSelector): Promise<LimitState | null>;
  /** Subjects that are counted in this process right now. */
  readonly subjects: number;
}

export interface RateLimitOptions {
  readonly rules: readonly Rule[];
  readonly maxSubjects: number;
  /** Limits of all replicas together; `null` where there is no place that they share. */
  readonly shared: SharedBuckets | null;
  /** Whether there is such a server, or such a tool of it, as far as that is known without asking. */
  exists(server: string, tool: string | null): boolean;
  readonly observer: RateLimitObserver;
  /** The clock, in milliseconds; it never goes back. */
  now?(): number;
}

/** What is known of shared limits without asking: another replica may have reset them since. */
const KNOWN_FOR_MS = 1_000;

/** One limit that a call counts toward. */
interface Limit extends Placed {
  readonly subject: Subject;
  readonly rate: Rate;
}

export function createRateLimits(options: RateLimitOptions): RateLimits {
  const { shared, observer, exists, now = () => performance.now() } = options;
  const book = createRuleBook(options.rules);
  const table = createBucketTable({ maxSubjects: options.maxSubjects, overflowed: observer.overflowed });

  const kindsOf = { own: limitedKinds("own"), common: limitedKinds("common") };

  const appliedTo = createAppliedRules(book, kindsOf);

  function limitedKinds(group: LimitGroup): ReadonlySet<LimitKind> {
    return new Set(LIMIT_GROUPS[group].filter((kind) => book.kinds.has(kind)));
  }

  function limitsOf(call: LimitedCall, group: LimitGroup, at: number): Limit[] {
    const limits: Limit[] = [];
    for (const { subject, rule } of appliedTo(call, group)) {
      const { kind, key } = subject;
      const known = rule.named || isVouched(subject, call);
      limits.push({ subject, rate: rule.rate, ...table.place(key, kind, known, at) });
    }
    return limits;
  }

  /** Names of servers and tools are the caller's to choose; those of people and tenants were authenticated. */
  function isVouched({ kind, name }: Subject, { server }: LimitedCall): boolean {
    if (kind === "tool") {
      return exists(server ?? "", name);
    }
    return kind !== "server" || exists(name, null);
  }

  function reached(call: LimitedCall, group: LimitGroup): LimitReached | null {
    const at = now();
    let longest: LimitReached | null = null;
    for (const { subject, rule } of appliedTo(call, group)) {
      const bucket = table.peek(subject.key, subject.kind, at);
      if (bucket === undefined) {
        continue;
      }
      const isKnown = shared === null || at - (bucket.askedAt ?? Number.NEGATIVE_INFINITY) <= KNOWN_FOR_MS;
      const wait = isKnown ? waitFor(bucket, rule.rate, at) : 0;
      if (wait > (longest?.retryAfterMs ?? 0)) {
        longest = refused({ subject, rate: rule.rate }, wait, shared === null ? "process" : "shared");
      }
    }
    return longest;
  }

  /** All or nothing: a call that is refused for one limit of a group uses up none of its others. */
  function takeLocally(limits: readonly Limit[], at: number, scope: LimitScope): LimitDecision {
    let longest = 0;
    let reached: Limit | undefined;
    for (const limit of limits) {
      const wait = waitFor(limit.bucket, limit.rate, at);
      if (wait > longest) {
        longest = wait;
        reached = limit;
      }
    }
    if (reached !== undefined) {
      return refused(reached, longest, scope);
    }
    for (const { bucket, rate } of limits) {
      takeFrom(bucket, rate, at);
    }
    return { allowed: true, scope };
  }

  async function takeShared(buckets: SharedBuckets, limits: readonly Limit[]): Promise<LimitDecision> {
    const taken = await buckets.take(limits);
    const at = now();
    if (taken === null) {
      observer.fellBack();
      return takeLocally(limits, at, "fallback");
    }
    // What is known of the shared buckets is where the local ones go on when those cannot be asked.
    for (const [index, { bucket }] of limits.entries()) {
      bucket.fullAt = at + (taken.fullInMs[index] ?? 0);
      bucket.askedAt = at;
    }
    const reached = taken.reached === null ? undefined : limits[taken.reached];
    return reached === undefined
      ? { allowed: true, scope: "shared" }
      : refused(reached, taken.retryAfterMs, "shared");
  }

  function ruleOf({ kind, name, within }: LimitSelector) {
    const subject = subjectOf(kind, name, within);
    const rule = book.find(subject);
    return rule === null ? null : { subject, rate: rule.rate };
  }

  async function stateOf(subject: Subject, rate: Rate): Promise<LimitState> {
    const { kind, name, key } = subject;
    const at = now();
    const fullIn = shared === null ? null : await shared.peek(key);
    const held = table.peek(key, kind, at) ?? { fullAt: at };
    const bucket = fullIn === null ? held : { fullAt: at + fullIn };
    const scope = shared === null ? "process" : fullIn === null ? "fallback" : "shared";
    const retryAfterMs = waitFor(bucket, rate, at);
    return { kind, name, rate, remaining: remaining(bucket, rate, at), retryAfterMs, scope };
  }

  return {
    reached,
    take(call, group) {
      const at = now();
      const limits = limitsOf(call, group, at);
      if (limits.length === 0 || shared === null) {
        return takeLocally(limits, at, "process");
      }
      return takeShared(shared, limits);
    },
    async state(selector) {
      const found = ruleOf(selector);
      return found === null ? null : stateOf(found.subject, found.rate);
    },
    async reset(selector) {
      const found = ruleOf(selector);
      if (found === null) {
        return null;
      }
      const { kind, key } = found.subject;
      table.forget(key, kind);
      await shared?.forget(key);
      return stateOf(found.subject, found.rate);
    },
    get subjects() {
      return table.size;
    },
  };
}

function refused(
  { subject, rate }: Pick<Limit, "subject" | "rate">,
  retryAfterMs: number,
  scope: LimitScope,
): LimitReached {
  return { allowed: false, scope, kind: subject.kind, name: subject.name, rate, retryAfterMs };
}
