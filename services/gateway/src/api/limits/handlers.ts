import type { AuditLog } from "@sark/audit";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { LimitKind, LimitScope, Rate } from "../../domain/rate-limits.ts";
import { LIMIT_CONTROL } from "../../governance/own-event-types.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAccessRecords, type Act } from "../access/access-records.ts";
import { beyondTenant, concerns, tenantScope } from "../access/tenant-scope.ts";
import { namesNone, type RateLimitReset, type Selector } from "./parameters.ts";
import { showLimit, showRule } from "./presentation.ts";
import type { RateLimitAfterReset, RateLimitsShown } from "./responses.ts";

/** Whom an operator asks about. `within` is the server of a tool, or the tenant of a user or an agent. */
export interface Selected {
  readonly kind: LimitKind;
  readonly name: string;
  readonly within: string | null;
}

/** How a subject stands with its limit. */
export interface State {
  readonly rate: Rate;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly scope: LimitScope;
}

/** The limits that the endpoints show and reset. */
interface Limits {
  readonly rules: readonly {
    readonly for: LimitKind;
    readonly name?: string | undefined;
    readonly tenant?: string | undefined;
    readonly server?: string | undefined;
    readonly requests: number;
    readonly period: number;
    readonly burst?: number | undefined;
  }[];
  state(selected: Selected): Promise<State | null>;
  reset(selected: Selected): Promise<State | null>;
}

export type LimitsApi = ReturnType<typeof createLimitsApi>;

/** `/admin/v1/rate-limits`: how callers stand with their limits, and giving them back what they have used. */
export function createLimitsApi(deps: { readonly audit: Pick<AuditLog, "record">; readonly limits: Limits }) {
  const { limits } = deps;
  const changes = createAccessRecords(deps.audit, {
    eventType: LIMIT_CONTROL,
    permitted: "changes a limit",
    denied: "may not change limits",
  });

  return {
    /** Where denied requests go on record. */
    denied: changes.denied,

    /** Leaves no record: it holds no events. */
    async rateLimits(selector: Selector, caller: Caller): Promise<RateLimitsShown> {
      const rules = limits.rules.filter(concerns(caller.principal)).map(showRule);
      if (namesNone(selector)) {
        return { rules, limit: null };
      }
      const denial = beyond(selector, caller);
      if (denial !== undefined) {
        await changes.permitted(caller, { operation: "rate_limits", asked: askedOf(selector) }, denial);
      }
      const selected = selectedBy(selector, caller);
      const state = await limits.state(selected);
      return { rules, limit: state === null ? null : showLimit(selected, state) };
    },

    async resetRateLimit(body: RateLimitReset, caller: Caller): Promise<RateLimitAfterReset> {
      await changes.permitted(caller, resetOf(body), beyond(body, caller));
      const selected = selectedBy(body, caller);
      const state = await limits.reset(selected);
      if (state === null) {
        throw new HttpError("not_found", `No rule limits the ${selected.kind} "${selected.name}".`);
      }
      return { limit: showLimit(selected, state), all_replicas: state.scope === "shared" };
    },
  };
}

/** As it goes on record. */
export function resetOf({ user, agent, tool, server, tenant, reason }: RateLimitReset): Act {
  const asked = { reason, ...askedOf({ user, agent, tool, server, tenant }) };
  return { operation: "rate_limit_reset", asked };
}

function askedOf({ user, agent, tool, server, tenant }: Selector): JsonObject {
  const named = Object.entries({ user, agent, tool, server, tenant });
  return Object.fromEntries(named.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function selectedBy({ user, agent, tool, server, tenant }: Selector, caller: Caller): Selected {
  const within = tenant ?? tenantScope(caller.principal);
  if (user !== undefined) {
    return { kind: "user", name: user, within };
  }
  if (agent !== undefined) {
    return { kind: "agent", name: agent, within };
  }
  if (tool !== undefined) {
    return { kind: "tool", name: tool, within: server ?? null };
  }
  return server === undefined
    ? { kind: "tenant", name: tenant ?? "", within: null }
    : { kind: "server", name: server, within: null };
}

/** Servers and tools serve all tenants: their limits are not one tenant's to see or change. */
function beyond({ tenant, server }: Selector, caller: Caller): HttpError | undefined {
  const scope = tenantScope(caller.principal);
  if (scope === null || (server === undefined && (tenant === undefined || tenant === scope))) {
    return undefined;
  }
  return server === undefined
    ? beyondTenant(`tenant: the tenant "${tenant}"`, "tenant")
    : beyondTenant(`server: the limits of "${server}"`, "server");
}
