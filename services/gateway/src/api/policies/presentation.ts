import type { OpenedPolicySet, PoliciesInForce, PolicyCaseResult } from "../../domain/policy-sets.ts";
import type { Barrier } from "../../governance/within-rights.ts";
import type { PoliciesQuery } from "./parameters.ts";
import type { PoliciesShown, PolicyTestShown, PolicyValidationShown } from "./responses.ts";

const MAX_WARNINGS = 100;

export function showPolicies(inForce: PoliciesInForce, { cursor = 0, limit }: PoliciesQuery): PoliciesShown {
  const { engine, revision, policies, warnings, failure, opaPath } = inForce;
  const end = cursor + limit;
  return {
    engine,
    revision,
    loaded_at: timeOf(inForce.loadedAt),
    policies: policies?.slice(cursor, end) ?? null,
    next_cursor: policies !== null && policies.length > end ? String(end) : null,
    total: policies?.length ?? null,
    warnings: warnings.slice(0, MAX_WARNINGS),
    last_error:
      failure === null
        ? null
        : {
            message: failure.message,
            file: failure.file,
            line: failure.line,
            at: new Date(failure.at).toISOString(),
          },
    opa_path: opaPath,
  };
}

export function showValidation({ revision, policies, warnings }: OpenedPolicySet): PolicyValidationShown {
  return {
    valid: true,
    revision,
    policies: policies?.length ?? null,
    problems: [],
    warnings: warnings.slice(0, MAX_WARNINGS),
  };
}

export function showTest(
  result: PolicyCaseResult | undefined,
  { engine, revision: loaded }: OpenedPolicySet,
): PolicyTestShown {
  if (result?.kind !== "decided") {
    throw new Error("a case of which all is known was not decided");
  }
  const { allow, code, reason, policies, revision } = result;
  return {
    decision: allow ? "allow" : "deny",
    code,
    reason,
    policies: [...policies],
    engine,
    revision: revision ?? loaded,
  };
}

/** What denies it before any policy is asked. */
export function showBarrier(
  { code, reason }: Barrier,
  { engine, revision }: OpenedPolicySet,
): PolicyTestShown {
  return { decision: "deny", code, reason, policies: [], engine, revision };
}

function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
