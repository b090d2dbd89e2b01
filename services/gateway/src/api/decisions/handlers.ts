import type { AuditLog, GatewayEvent } from "@sark/audit";
import type { AgentProfile, ConfiguredAgent } from "../../domain/agents.ts";
import type { PolicyEngine } from "../../domain/authorization.ts";
import type { Authorize } from "../../domain/authorizer.ts";
import type { Caller } from "../../domain/governance.ts";
import { OWN_EVENT_TYPES } from "../../governance/own-event-types.ts";
import { provenanceOf, submitterOf } from "../../governance/provenance.ts";
import { HttpError } from "../../transport/errors.ts";
import { createAuthorizeA2aHandler } from "./authorize-a2a.ts";
import { createAuthorizeHandler } from "./authorize.ts";
import { createListings, type ServerCatalog } from "./listings.ts";

export interface DecisionsDependencies {
  readonly authorize: Authorize;
  readonly policy: Pick<PolicyEngine, "decide">;
  readonly audit: Pick<AuditLog, "logGatewayEvent">;
  readonly catalog: ServerCatalog;
  readonly agents: Readonly<Record<string, ConfiguredAgent>>;
  recordA2a(allow: boolean, source: AgentProfile, target: AgentProfile): void;
}

export type DecisionsApi = ReturnType<typeof createDecisionsApi>;

/** The SARK-compatible REST: the same decisions and records as those of MCP, for those who enforce elsewhere. */
export function createDecisionsApi(deps: DecisionsDependencies) {
  return {
    authorize: createAuthorizeHandler({
      authorize: deps.authorize,
      sensitivityOf: deps.catalog.sensitivityOf,
    }),
    authorizeA2a: createAuthorizeA2aHandler(deps),
    ...createListings(deps),
    /** An event of an enforcement point elsewhere, marked as its word; the store checks it, field by field. */
    async report(body: unknown, caller: Caller) {
      const { event_type: type } = (body ?? {}) as { readonly event_type?: unknown };
      if (typeof type === "string" && OWN_EVENT_TYPES.includes(type)) {
        const message = `event_type: only the gateway itself makes ${type} records`;
        throw new HttpError("invalid_request", message, { field: "event_type" });
      }
      const auditId = await deps.audit.logGatewayEvent(body as GatewayEvent, {
        ...provenanceOf(caller),
        submitted_by: submitterOf(caller.principal),
        tenant_id: caller.principal.tenant,
      });
      return { audit_id: auditId, status: "logged" } as const;
    },
  };
}
