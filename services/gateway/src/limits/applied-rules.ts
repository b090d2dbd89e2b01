import type { LimitedCall, LimitGroup, LimitKind } from "../domain/rate-limits.ts";
import type { Principal } from "../domain/principal.ts";
import type { AppliedRule, RuleBook } from "./rules.ts";
import { subjectsOf, type Subject } from "./subjects.ts";

/** One for whom a call counts, and the rule of it. */
interface Applied {
  readonly subject: Subject;
  readonly rule: AppliedRule;
}

/** As many of one principal's as are in use at once, mostly; what has longer names is found out anew each time. */
const MAX_PER_PRINCIPAL = 64;
const MAX_KEY = 512;

/**
 * Which rules apply to a call. Rules do not change, and authentication hands out one principal for one credential: what was
 * found out is kept with the principal, and forgotten with it.
 */
export function createAppliedRules(
  book: RuleBook,
  kindsOf: Readonly<Record<LimitGroup, ReadonlySet<LimitKind>>>,
): (call: LimitedCall, group: LimitGroup) => readonly Applied[] {
  const kept = new WeakMap<Principal, Map<string, readonly Applied[]>>();

  function find(call: LimitedCall, group: LimitGroup): readonly Applied[] {
    return subjectsOf(call, kindsOf[group]).flatMap((subject) => {
      const rule = book.find(subject);
      return rule === null ? [] : [{ subject, rule }];
    });
  }

  return (call, group) => {
    if (kindsOf[group].size === 0) {
      return [];
    }
    let known = kept.get(call.principal);
    if (known === undefined) {
      kept.set(call.principal, (known = new Map()));
    }
    const key = JSON.stringify([group, call.server, call.tool]);
    const found = known.get(key);
    if (found !== undefined) {
      return found;
    }
    const applied = find(call, group);
    if (key.length <= MAX_KEY) {
      const [oldest] = known.size >= MAX_PER_PRINCIPAL ? known.keys() : [];
      if (oldest !== undefined) {
        known.delete(oldest);
      }
      known.set(key, applied);
    }
    return applied;
  };
}
