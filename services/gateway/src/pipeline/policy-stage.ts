import type { AuthorizationQuery, Decision, PolicyEngine } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import { whenReady, type Awaitable } from "../domain/awaitable.ts";
import type { JsonObject } from "@sark/json";
import type { TokenScopes } from "../domain/token-scopes.ts";
import type { CallEvents } from "../telemetry/call-events.ts";
import { denialAttributes } from "../telemetry/traces/call-attributes.ts";
import type { StageParent } from "../telemetry/traces/call-span.ts";
import type { CallTracing, StageDetails } from "../telemetry/traces/call-tracing.ts";
import { denyAmbiguousArguments } from "../governance/deny-ambiguous-arguments.ts";
import { denyAmbiguousName } from "../governance/deny-ambiguous-name.ts";
import { denyInsufficientScope } from "../governance/deny-insufficient-scope.ts";

/** Decides, counts what was decided, and has a span of its own. */
export interface PolicyStage {
  decide(query: AuthorizationQuery, subject: AuditSubject, span: StageParent): Awaitable<Decision>;
}

export interface PolicyStageDependencies {
  readonly policy: PolicyEngine;
  readonly tokenScopes: TokenScopes;
  /** What is known of a tool's arguments, asking the server where nothing is known of it yet; rejects when it cannot be asked. */
  currentSchema(server: string, tool: string): JsonObject | undefined | Promise<JsonObject | undefined>;
  /** Whether a tool is none that the server has, and could be one to a server that is not exact about names. */
  isLookAlike(server: string, tool: string): boolean | Promise<boolean>;
  readonly events: Pick<CallEvents, "authorizationDecided">;
  readonly tracing: Pick<CallTracing, "stage">;
}

export function createPolicyStage(deps: PolicyStageDependencies): PolicyStage {
  const { policy, tokenScopes, events, tracing } = deps;

  function decideOn(query: AuthorizationQuery): Awaitable<Decision> {
    return whenReady(policy.decide(query), (decided) =>
      decided.allow ? denyInsufficientScope(decided, query, tokenScopes) : decided,
    );
  }

  /** What policy permits is looked at once more by what the server lists; what it denies tells nothing of that. */
  function decideAsListed(query: AuthorizationQuery, subject: AuditSubject): Awaitable<Decision> {
    return whenReady(decideOn(query), (decided) =>
      whenReady(decided.allow ? denyAmbiguousName(decided, subject, deps.isLookAlike) : decided, (named) =>
        named.allow ? denyAmbiguousArguments(named, query, subject, deps.currentSchema, decideOn) : named,
      ),
    );
  }

  return {
    decide(query, subject, span) {
      const started = performance.now();
      return whenReady(
        tracing.stage("policy", span, () => decideAsListed(query, subject), SAID_OF_DECISION),
        (decision) => {
          events.authorizationDecided(query, decision, (performance.now() - started) / 1000);
          return decision;
        },
      );
    },
  };
}

const SAID_OF_DECISION: StageDetails<Decision> = {
  said: ({ allow, code }) => (allow ? {} : denialAttributes(code)),
};
