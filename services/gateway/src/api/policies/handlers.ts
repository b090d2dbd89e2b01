import type { AuditLog } from "@sark/audit";
import type { AuditReader } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import { PolicyCandidateError, type PolicyWorkbench } from "../../domain/policy-sets.ts";
import { POLICY_CONTROL } from "../../governance/own-event-types.ts";
import { barrierTo } from "../../governance/within-rights.ts";
import { createAccessRecords } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { candidateOf, type PoliciesQuery, type TestBody, type ValidateBody } from "./parameters.ts";
import { showBarrier, showPolicies, showTest, showValidation } from "./presentation.ts";
import type { PoliciesShown, PolicyTestShown, PolicyValidationShown } from "./responses.ts";
import { testedCase, type SensitivityOf } from "./tested-case.ts";
import { createReplay } from "./replay-handlers.ts";
import { testOf, trialOf } from "./trial-records.ts";
import { createTrials } from "./trials.ts";

export type PoliciesApi = ReturnType<typeof createPoliciesApi>;

/** A set of a thousand policies is understood in a second. */
const TIMEOUT_MS = 10_000;

/** `/admin/v1/policies`: what is in force, and what other policies would say. Nothing here changes what is in force. */
export function createPoliciesApi(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly reader: Pick<AuditReader, "events" | "payloadsOf">;
  readonly workbench: PolicyWorkbench;
  readonly sensitivityOf: SensitivityOf;
}) {
  const { workbench, sensitivityOf } = deps;
  const sets = createTrials(workbench);
  const { attempt, revisionOf } = sets;
  const trials = createAccessRecords(deps.audit, {
    eventType: POLICY_CONTROL,
    permitted: "tries policies",
    denied: "may not try policies",
  });

  return {
    /** Where denied requests go on record. */
    denied: trials.denied,
    replays: createReplay({ ...deps, trials: sets }),

    /** Leaves no record, as it holds no events, but where it is denied. */
    async inForce(page: PoliciesQuery, caller: Caller): Promise<PoliciesShown> {
      if (tenantScope(caller.principal) !== null) {
        await trials.permitted(caller, { operation: "list", asked: {} }, beyondTenant("The policies"));
      }
      return showPolicies(workbench.inForce(), page);
    },

    async validate(
      body: ValidateBody,
      caller: Caller,
      clientLeft: AbortSignal,
    ): Promise<PolicyValidationShown> {
      const candidate = candidateOf(body, tenantScope(caller.principal));
      const revision = revisionOf(candidate);
      await trials.permitted(caller, trialOf("validate", body, revision));
      return attempt(candidate, { clientLeft, timeoutMs: TIMEOUT_MS }, async (set) =>
        showValidation(set),
      ).catch((error: unknown) => showProblems(error, revision));
    },

    /** No tool runs, and the decision is none of a call. */
    async test(body: TestBody, caller: Caller, clientLeft: AbortSignal): Promise<PolicyTestShown> {
      const tenant = tenantScope(caller.principal);
      const candidate = candidateOf(body, tenant);
      const tested = testedCase(body, { tenant, sensitivityOf });
      const elsewhere = tenant !== null && tested.query.principal.tenant !== tenant;
      await trials.permitted(
        caller,
        testOf(body, revisionOf(candidate)),
        elsewhere ? beyondTenant("principal.tenant", "principal.tenant") : undefined,
      );
      const barrier = barrierTo(tested.query);
      return attempt(candidate, { clientLeft, timeoutMs: TIMEOUT_MS }, async (set) => {
        if (barrier !== null) {
          return showBarrier(barrier, set);
        }
        const [result] = await set.evaluate([tested]);
        return showTest(result, set);
      });
    },
  };
}

/** Problems of a candidate are what was asked for; others are errors. */
function showProblems(error: unknown, revision: string | null): PolicyValidationShown {
  const { cause } = error as { readonly cause?: unknown };
  if (!(cause instanceof PolicyCandidateError) || cause.kind !== "invalid") {
    throw error;
  }
  return { valid: false, revision, policies: null, problems: cause.problems.slice(0, 100), warnings: [] };
}
