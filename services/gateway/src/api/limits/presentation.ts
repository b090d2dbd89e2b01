import type { LimitKind, LimitScope, Rate } from "../../domain/rate-limits.ts";
import type { RateLimit, RateLimitRule } from "./responses.ts";

export function showLimit(
  { kind, name, within }: { readonly kind: LimitKind; readonly name: string; readonly within: string | null },
  state: {
    readonly rate: Rate;
    readonly remaining: number;
    readonly retryAfterMs: number;
    readonly scope: LimitScope;
  },
): RateLimit {
  const { rate, remaining, retryAfterMs, scope } = state;
  return {
    kind,
    name,
    tenant: kind === "user" || kind === "agent" ? within : null,
    server: kind === "tool" ? within : null,
    requests: rate.requests,
    period_seconds: rate.periodMs / 1_000,
    burst: rate.burst,
    remaining,
    retry_after_seconds: Math.round(retryAfterMs) / 1_000,
    counted: scope,
  };
}

export function showRule(rule: {
  readonly for: LimitKind;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly server?: string | undefined;
  readonly requests: number;
  readonly period: number;
  readonly burst?: number | undefined;
}): RateLimitRule {
  const { name = null, tenant = null, server = null, requests, period, burst = requests } = rule;
  return { for: rule.for, name, tenant, server, requests, period_seconds: period / 1_000, burst };
}
