import type { LimitKind, Rate } from "../domain/rate-limits.ts";
import { ANY, partsOf, type Subject } from "./subjects.ts";

/** A rule of the configuration. */
export interface Rule {
  readonly for: LimitKind;
  readonly name?: string | undefined;
  readonly server?: string | undefined;
  readonly tenant?: string | undefined;
  readonly requests: number;
  readonly period: number;
  readonly burst?: number | undefined;
}

/** The rule that applies to a subject. */
export interface AppliedRule {
  readonly rate: Rate;
  /** Whether the rule is about this subject by name. */
  readonly named: boolean;
}

export interface RuleBook {
  /** The most specific rule for this subject; `null` where none is. */
  find(subject: Subject): AppliedRule | null;
  readonly kinds: ReadonlySet<LimitKind>;
}

/** Two rules of the same identity are about the same. */
export function identityOf({ for: kind, name, server, tenant }: Omit<Rule, "requests" | "period">): string {
  return ruleKey(kind, name, kind === "tool" ? server : tenant);
}

function ruleKey(kind: LimitKind, name: string | undefined, within: string | undefined): string {
  const parts = partsOf(within ?? null, name ?? null);
  return `${kind} ${parts.within} ${parts.name}`;
}

/** In the order in which a rule is looked for: by name and place, by name, by place, any. */
export function createRuleBook(rules: readonly Rule[]): RuleBook {
  const book = new Map<string, AppliedRule>();
  for (const rule of rules) {
    const { requests, period, burst = requests, name } = rule;
    book.set(identityOf(rule), { rate: { requests, periodMs: period, burst }, named: name !== undefined });
  }
  return {
    kinds: new Set(rules.map((rule) => rule.for)),
    find({ kind, parts: { within, name } }) {
      return (
        book.get(`${kind} ${within} ${name}`) ??
        book.get(`${kind} ${ANY} ${name}`) ??
        book.get(`${kind} ${within} ${ANY}`) ??
        book.get(`${kind} ${ANY} ${ANY}`) ??
        null
      );
    },
  };
}
