import type { StoredEvent } from "@sark/audit";
import type { AuditReader, EventFilter } from "@sark/audit/store";
import type { DecisionCode } from "../../domain/authorization.ts";
import type { OpenedPolicySet, PolicyCaseResult, UnknownFact } from "../../domain/policy-sets.ts";
import {
  isPolicyDecision,
  needsPayloads,
  recordedCase,
  type NotEvaluable,
  type RecordedCase,
} from "../../governance/recorded-case.ts";
import { mapInSlices } from "@sark/scheduling";
import { asked } from "../audit/failures.ts";

/** Events that are read at once: with arguments of the largest kind they are some 25 MB. */
const PAGE = 50;
/** Ids of decisions that cannot be evaluated, in one response; their numbers are whole. */
const MAX_SHOWN = 1_000;

export interface ReplayOptions {
  readonly filter: EventFilter;
  readonly cursor: string | undefined;
  /** Decisions that are looked at. */
  readonly limit: number;
  /** On the clock of `performance.now()`: no page is begun after it. */
  readonly until: number;
  /** What the policies are known not to look at, by the word of the caller. */
  readonly unseen: readonly UnknownFact[];
  readonly clientLeft: AbortSignal;
}

/** A decision that would be another one. */
export interface Change {
  readonly stored: StoredEvent;
  readonly replayed: Extract<PolicyCaseResult, { kind: "decided" }>;
}

export interface Replay {
  readonly decisions: number;
  readonly unchanged: number;
  readonly changes: readonly Change[];
  readonly notEvaluable: {
    readonly reasons: ReadonlyMap<NotEvaluable, number>;
    readonly shown: readonly { readonly id: string; readonly reason: NotEvaluable }[];
  };
  readonly nextCursor: string | null;
  readonly endedBy: "end" | "limit" | "time";
}

/**
 * Puts recorded decisions before another policy set, newest first, page by page: between pages, and between slices of
 * one, the thread has its turns for calls.
 */
export async function replayDecisions(
  reader: Pick<AuditReader, "events" | "payloadsOf">,
  set: Pick<OpenedPolicySet, "evaluate">,
  { filter, limit, until, unseen, clientLeft, ...from }: ReplayOptions,
): Promise<Replay> {
  const changes: Change[] = [];
  const reasons = new Map<NotEvaluable, number>();
  const shown: { id: string; reason: NotEvaluable }[] = [];
  let cursor = from.cursor ?? null;
  let decisions = 0;
  let unchanged = 0;
  let more = true;

  function notEvaluable(id: string, reason: NotEvaluable): void {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (shown.length < MAX_SHOWN) {
      shown.push({ id, reason });
    }
  }

  async function replayPage(page: readonly StoredEvent[]): Promise<void> {
    const cases = await readCases(reader, page);
    const evaluable = cases.filter((one) => typeof one.recorded !== "string") as Evaluable[];
    const results = await set.evaluate(evaluable.map(({ recorded }) => withoutUnseen(recorded, unseen)));
    const resultOf = new Map(evaluable.map(({ stored }, at) => [stored, results[at]]));
    for (const { stored, recorded } of cases) {
      const result = resultOf.get(stored);
      if (typeof recorded === "string") {
        notEvaluable(stored.event.id, recorded);
      } else if (result?.kind === "unknown") {
        notEvaluable(stored.event.id, reasonOf(result.fact, recorded));
      } else if (result !== undefined && result.allow !== (stored.event.decision === "allow")) {
        changes.push({ stored, replayed: result });
      } else {
        unchanged += 1;
      }
    }
  }

  while (more && decisions < limit && performance.now() < until) {
    clientLeft.throwIfAborted();
    const page = await asked(() =>
      reader.events(filter, {
        order: "newest_first",
        limit: Math.min(PAGE, limit - decisions),
        ...(cursor === null ? {} : { cursor }),
      }),
    );
    cursor = page.nextCursor;
    more = cursor !== null;
    const decided = page.events.filter(({ event }) => isPolicyDecision(event));
    decisions += decided.length;
    const others = decided.filter(({ event }) => !isDeniedAnyway(event.metadata));
    unchanged += decided.length - others.length;
    await replayPage(others);
  }
  const endedBy = more ? (decisions < limit ? "time" : "limit") : "end";
  return { decisions, unchanged, changes, notEvaluable: { reasons, shown }, nextCursor: cursor, endedBy };
}

interface Read {
  readonly stored: StoredEvent;
  readonly recorded: RecordedCase | NotEvaluable;
}
type Evaluable = Read & { readonly recorded: RecordedCase };

async function readCases(
  reader: Pick<AuditReader, "payloadsOf">,
  page: readonly StoredEvent[],
): Promise<readonly Read[]> {
  const ids = page.filter(({ event }) => needsPayloads(event)).map(({ event }) => event.id);
  const payloads = await asked(() => reader.payloadsOf(ids, ["arguments", "params"]));
  return mapInSlices(page, (stored) => ({
    stored,
    recorded: recordedCase(stored.event, payloads.get(stored.event.id) ?? []),
  }));
}

function withoutUnseen({ case: one }: RecordedCase, unseen: readonly UnknownFact[]) {
  return { ...one, unknown: one.unknown.filter((fact) => !unseen.includes(fact)) };
}

function reasonOf(
  fact: Extract<PolicyCaseResult, { kind: "unknown" }>["fact"],
  { because }: RecordedCase,
): NotEvaluable {
  if (fact === "redacted" || fact === "replaced_text") {
    return fact;
  }
  return because[fact] ?? "facts_not_recorded";
}

/** What policies, or faults of their engine, decided: all else the gateway denies whatever policy says. */
const BY_POLICY: ReadonlySet<unknown> = new Set<DecisionCode>([
  "allowed",
  "denied_by_policy",
  "undecidable_request",
  "policy_timeout",
  "policy_unavailable",
  "policy_error",
]);

function isDeniedAnyway({ reason_code: code }: Readonly<Record<string, unknown>>): boolean {
  return !BY_POLICY.has(code);
}
