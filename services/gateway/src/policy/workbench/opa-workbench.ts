import { parseJson } from "@sark/audit/json";
import type { JsonObject } from "@sark/json";
import {
  PolicyCandidateError,
  type OpenedPolicySet,
  type PolicyCandidate,
  type PolicyCase,
  type PolicyCaseResult,
  type PolicyWorkbench,
} from "../../domain/policy-sets.ts";
import { REDACTED } from "@sark/observability/redaction";
import { SILENT_POLICY_OBSERVER } from "../observer.ts";
import { createOpaEngine, type OpaEngineOptions } from "../opa/opa-engine.ts";
import type { PolicyEngineStatus } from "../../domain/authorization.ts";

/** Connections to OPA for what is tried: calls have their own, and OPA has other work. */
const CONNECTIONS = 2;

/**
 * OPA cannot be asked about policies that it has not loaded, and loading some would change it: a candidate is another
 * document of the same OPA, as of a second bundle.
 */
export function createOpaWorkbench(
  options: Omit<OpaEngineOptions, "observer"> & { readonly path: string },
  status: () => Pick<PolicyEngineStatus, "revision">,
): PolicyWorkbench {
  function pathOf(candidate: PolicyCandidate): string {
    if (candidate.kind === "files") {
      throw new PolicyCandidateError(
        "unsupported",
        "OPA takes no policies with a query: load them as another package, and name its path; check Rego with `opa check`.",
      );
    }
    return candidate.kind === "opa_path" ? candidate.path : options.path;
  }

  return {
    inForce: () => ({
      engine: "opa",
      revision: status().revision,
      loadedAt: null,
      policies: null,
      warnings: [],
      failure: null,
      opaPath: options.path,
    }),
    revisionOf(candidate) {
      pathOf(candidate);
      return null;
    },
    async open(candidate, signal): Promise<OpenedPolicySet> {
      const engine = createOpaEngine({
        ...options,
        path: pathOf(candidate),
        connections: CONNECTIONS,
        observer: SILENT_POLICY_OBSERVER,
      });
      try {
        await engine.check(signal);
      } catch (cause) {
        await engine.close();
        signal.throwIfAborted();
        throw new PolicyCandidateError("unavailable", (cause as Error).message, { cause });
      }
      return {
        engine: "opa",
        revision: engine.status().revision,
        policies: null,
        warnings: [],
        async evaluate(cases) {
          const results: PolicyCaseResult[] = [];
          for (const one of cases) {
            signal.throwIfAborted();
            results.push(await evaluateCase(one, (query, time) => engine.decideAt(query, time)));
          }
          return results;
        },
        close: () => engine.close(),
      };
    },
  };
}

/** What a rego looks at is not known here: whatever is not known of the query may matter to it. */
async function evaluateCase(
  { query, context, time, unknown, fidelity }: PolicyCase,
  decideAt: ReturnType<typeof createOpaEngine>["decideAt"],
): Promise<PolicyCaseResult> {
  const [fact] = unknown;
  if (fact !== undefined || (fidelity === "redacted" && context.includes(REDACTED))) {
    return { kind: "unknown", fact: fact ?? "redacted" };
  }
  if (fidelity !== "as_sent" && context.includes("\u{FFFD}")) {
    return { kind: "unknown", fact: "replaced_text" };
  }
  const asked = { ...query, context: parseJson(context, "any") as JsonObject };
  const { allow, code, reason, policies, revision } = await decideAt(asked, time);
  return { kind: "decided", allow, code, reason, policies, revision };
}
