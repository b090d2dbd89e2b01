import type { FairQueue } from "@sark/scheduling";
import type { AuthorizationQuery, Decision, PolicyEngine, Sensitivity } from "../domain/authorization.ts";
import type { Governor } from "../domain/governance.ts";
import { sourceOf } from "../domain/source.ts";
import type { TokenScopes } from "../domain/token-scopes.ts";
import { hideWithoutScope } from "./deny-insufficient-scope.ts";
import { toVisibilityQuery } from "./query.ts";

/** What listings may show. */
export interface Visibility extends Pick<Governor, "visible"> {
  /** A decision that leaves no record of its own. In turn, as all others. */
  readonly ask: { decide(query: AuthorizationQuery): Promise<Decision> };
}

export function createVisibility(deps: {
  readonly policy: Pick<PolicyEngine, "decide">;
  readonly tokenScopes: TokenScopes;
  /** Where decisions have their turns. */
  readonly turns: FairQueue;
  /** By a server's name: how sensitive what it has is. */
  sensitivityAt(server: string): (target: string | null) => Sensitivity;
  toolsListed(server: string, tools: readonly string[]): void;
}): Visibility {
  const { policy, tokenScopes, turns, sensitivityAt, toolsListed } = deps;
  const ask: Visibility["ask"] = {
    decide: (query) =>
      turns.run(sourceOf(query.principal), async () => {
        const decided = await policy.decide(query);
        return decided.allow ? hideWithoutScope(decided, query, tokenScopes) : decided;
      }),
  };
  return {
    ask,
    async visible(kind, server, targets, caller) {
      if (kind === "tool") {
        toolsListed(server, targets);
      }
      const sensitivity = sensitivityAt(server);
      const decisions = await Promise.all(
        targets.map((target) =>
          ask.decide(toVisibilityQuery(kind, server, target, caller, sensitivity(target))),
        ),
      );
      return new Set(targets.filter((_target, index) => decisions[index]?.allow === true));
    },
  };
}
