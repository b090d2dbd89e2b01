import { describeEvaluationFault } from "./describe-fault.ts";
import {
  statefulIsAuthorized,
  type AuthorizationError,
  type Context,
  type Response,
} from "@cedar-policy/cedar-wasm/nodejs";
import type { AuthorizationQuery, Decision, PolicyResource } from "../../domain/authorization.ts";
import { faultDecision } from "../decisions.ts";
import type { PolicySet } from "./policy-set.ts";
import { actionEntity, principalEntity, resourceEntity } from "./request-entities.ts";
import { refuseLookAlikes } from "./refuse-look-alikes.ts";
import type { RequestEntity } from "./entity-graph.ts";
import { newAllowance, toVisibleValue, UndecidableInputError } from "./to-cedar-value.ts";

export interface EvaluationOptions {
  /** Name under which Cedar holds the policy set. */
  readonly name: string;
  /** A decision may be kept this long, unless a policy says less. */
  readonly decisionTtlSeconds: number;
  /** What policies see as `context.time`, in milliseconds since 1970. */
  readonly time: number;
}

/** Policies see the clock at this resolution, so that decisions which depend on it can be kept at all. */
export const MINUTE_MS = 60_000;

/** What policies see of a time, both in milliseconds since 1970. */
export function seenTime(time: number): number {
  return time - (time % MINUTE_MS);
}

/** One query put before Cedar. Never throws: whatever goes wrong is a denial. */
export function evaluate(query: AuthorizationQuery, set: PolicySet, options: EvaluationOptions): Decision {
  try {
    const principal = principalEntity(query.principal);
    const action = actionEntity(query.action);
    const resource = resourceEntity(query.resource);
    const evaluated = statefulIsAuthorized({
      principal: principal.uid,
      action: action.uid,
      resource: resource.uid,
      context: toContext(query, set, options.time),
      entities: set.entities.around([...withoutTwin(principal, resource), action]),
      preparsedPolicySetId: options.name,
    });
    if (evaluated.type === "success") {
      return toDecision(evaluated.response, query, set, options);
    }
    return undecidable("Cedar cannot read it", set);
  } catch (error) {
    return error instanceof UndecidableInputError
      ? faultDecision("cedar", "undecidable_request", notToBeDecided(error), set.revision)
      : undecidable(`Cedar failed (${(error as Error).name})`, set);
  }
}

function notToBeDecided({ message }: UndecidableInputError): string {
  return `Policies cannot be asked about this request as it is, now or later: ${message}.`;
}

/** Cedar quotes what it could not read, which may be a secret: its words are not passed on. */
function undecidable(problem: string, set: PolicySet): Decision {
  const reason = `The request could not be decided: ${problem}.`;
  return faultDecision("cedar", "policy_error", reason, set.revision);
}

export function seesTime({ references }: PolicySet): boolean {
  return references.context.whole || references.context.fields.has("time");
}

function toContext(query: AuthorizationQuery, set: PolicySet, time: number): Context {
  const { context: access } = set.references;
  refuseLookAlikes(query.context, access);
  const context = toVisibleValue(query.context, access, newAllowance()) as Context;
  // A caller's own `time` must not pass for the clock.
  delete context["time"];
  if (seesTime(set)) {
    context["time"] = { __extn: { fn: "datetime", arg: new Date(time).toISOString() } };
  }
  return context;
}

/** An agent that asks for itself is one entity. */
function withoutTwin(principal: RequestEntity, resource: RequestEntity): RequestEntity[] {
  const same = principal.uid.type === resource.uid.type && principal.uid.id === resource.uid.id;
  return same ? [principal] : [principal, resource];
}

function toDecision(
  { decision, diagnostics }: Response,
  query: AuthorizationQuery,
  set: PolicySet,
  options: EvaluationOptions,
): Decision {
  // A forbid that could not be evaluated is skipped by Cedar: in doubt, nothing is allowed.
  if (diagnostics.errors.length > 0) {
    return evaluationFault(diagnostics.errors, set);
  }
  const policies = diagnostics.reason.toSorted();
  const allow = decision === "allow";
  return {
    allow,
    code: allow ? "allowed" : "denied_by_policy",
    reason: reasonFor(allow, policies, query, set),
    policies,
    engine: "cedar",
    revision: set.revision,
    decisionId: null,
    filteredParameters: null,
    cacheTtlSeconds: cacheSeconds(policies, set, options),
    cached: false,
  };
}

function evaluationFault(errors: readonly AuthorizationError[], set: PolicySet): Decision {
  const ids = errors.map(({ policyId }) => policyId).toSorted();
  const [first] = errors;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  const reason = `Policy ${first?.policyId} could not be evaluated${more}: ${describeEvaluationFault(first?.error.message ?? "")}.`;
  return faultDecision("cedar", "policy_error", reason, set.revision, ids);
}

function reasonFor(
  allow: boolean,
  policies: readonly string[],
  query: AuthorizationQuery,
  set: PolicySet,
): string {
  if (policies.length === 0) {
    return `No policy permits ${query.action} on ${describe(query.resource)}, so it is denied by default.`;
  }
  const [stated] = policies.map((id) => set.policies.get(id)?.reason).filter((reason) => reason);
  return stated ?? `${allow ? "Permitted" : "Forbidden"} by policy ${policies.join(", ")}.`;
}

function cacheSeconds(policies: readonly string[], set: PolicySet, options: EvaluationOptions): number {
  const stated = policies.map((id) => set.policies.get(id)?.cacheSeconds ?? options.decisionTtlSeconds);
  return Math.min(options.decisionTtlSeconds, ...stated);
}

function describe(resource: PolicyResource): string {
  const text =
    resource.type === "gateway"
      ? "the gateway"
      : resource.type === "agent"
        ? `agent ${resource.id}`
        : resource.type === "server"
          ? `server ${resource.name}`
          : `${resource.type} ${resource.server}/${resource.type === "resource" ? resource.uri : resource.name}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
