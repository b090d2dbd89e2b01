import type { AuditLog } from "@sark/audit";
import type { OpenLogReader } from "@sark/audit/log-builder";
import type { AuditReader, EventFilter } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { HttpError } from "../../transport/errors.ts";
import { auditIdentity } from "../../domain/principal.ts";
import { provenanceOf } from "../../governance/provenance.ts";
import { beyondTenant, tenantScope } from "../../governance/tenant-scope.ts";
import { createAdmitEraser, createAdmitEvent, createAdmitReader, isReader, recordableId } from "./access.ts";
import { erasureScope } from "./erasure-scope.ts";
import { asked, notFound } from "./failures.ts";
import { createLogHandlers } from "./log-handlers.ts";
import { parseErasure, parseEventsQuery, parseExportQuery, parseOrphansQuery } from "./parameters.ts";
import { showEvent, showOrphans, showPage, showPayloads, showTrail } from "./presentation.ts";
import { openExport } from "./export.ts";

export interface AuditApiDependencies {
  readonly audit: Pick<AuditLog, "record" | "erasePayloads">;
  readonly reader: AuditReader;
  readonly log: OpenLogReader;
  /** Whether this gateway signs the log, or stands by to do so. */
  readonly signs: boolean;
}

export type AuditApi = ReturnType<typeof createAuditApi>;

/** `/api/v1/audit/…`: asking the log, proving it, erasing what it need not keep. */
export function createAuditApi(deps: AuditApiDependencies) {
  const { audit, reader, log } = deps;
  const admit = createAdmitReader(audit);
  const admitEraser = createAdmitEraser(audit);
  const admitEvent = createAdmitEvent(reader, admit);
  const { proven, ...logHandlers } = createLogHandlers({ ...deps, admit, admitEvent });

  return {
    ...logHandlers,

    async events(query: unknown, caller: Caller) {
      const { filter, page } = parseEventsQuery(query);
      const scoped = withinTenant(filter, caller);
      await admit(caller, { operation: "events", asked: query as JsonObject, refusal: scoped.refusal });
      return showPage(await asked(() => reader.events(scoped.filter, page)));
    },

    /** With the arguments or the result, as far as they were kept. */
    async event(id: string, caller: Caller) {
      const found = await admitEvent("event", id, caller);
      const payloads = found.event.payloads === undefined ? [] : await asked(() => reader.payloads(id));
      return { ...showEvent(found), payloads: showPayloads(payloads) };
    },

    async trailOfEvent(id: string, caller: Caller) {
      await admitEvent("trail", id, caller);
      const trail = await asked(() => reader.trailOf(id, tenantOf(caller)));
      if (trail === null) {
        throw notFound("event of this id");
      }
      return showTrail(trail);
    },

    async trailOfRequest(requestId: string, caller: Caller) {
      const tenant = tenantOf(caller);
      const missing = notFound("event of this request");
      const recorded = { operation: "trail", asked: { request_id: recordableId(requestId, 128) } };
      // Who is bound to a tenant looks beyond it where the request is another's alone.
      const isElsewhere =
        tenant !== undefined &&
        isReader(caller.principal) &&
        (await asked(() => reader.trail(requestId, tenant))).events.length === 0 &&
        (await asked(() => reader.trail(requestId))).events.length > 0;
      await admit(caller, { ...recorded, refusal: isElsewhere ? missing : undefined });
      const trail = await asked(() => reader.trail(requestId, tenant));
      if (trail.events.length === 0) {
        throw missing;
      }
      return showTrail(trail);
    },

    async export(query: unknown, caller: Caller) {
      const { filter, format, seqs } = parseExportQuery(query);
      const scoped = withinTenant(filter, caller);
      await admit(caller, { operation: "export", asked: query as JsonObject, refusal: scoped.refusal });
      return format === "verifiable"
        ? proven(() => openExport(log.export({ filter: scoped.filter, ...seqs }), format))
        : asked(() => openExport(reader.export(scoped.filter, format), format));
    },

    async orphans(query: unknown, caller: Caller) {
      const page = parseOrphansQuery(query);
      const tenant = tenantOf(caller);
      await admit(caller, { operation: "orphans", asked: query as JsonObject });
      const [found, count] = await asked(() =>
        Promise.all([
          reader.orphanedIntents({ ...page, ...(tenant !== undefined && { tenant }) }),
          reader.countOrphanedIntents(tenant),
        ]),
      );
      return showOrphans(found, count);
    },

    /** Before the request is read. Who may not goes on record; what is erased, the log records itself. */
    admitErasure: (caller: Caller): Promise<void> => admitEraser(caller, { operation: "erasure", asked: {} }),

    /** The log records it itself, with who asked for it, from where, for which tenants and why. */
    async erase(body: unknown, caller: Caller) {
      const { selector, reason, ...wanted } = parseErasure(body);
      const scope = erasureScope(wanted, caller.principal);
      if (scope.refusal !== undefined) {
        await admitEraser(caller, {
          operation: "erasure",
          asked: body as JsonObject,
          refusal: scope.refusal,
        });
      }
      const { principal } = caller;
      const by = {
        ...auditIdentity(principal),
        ...provenanceOf(caller),
        ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
        gateway_request_id: caller.correlationId,
      };
      const erasure = await asked(() =>
        audit.erasePayloads({ ...selector, ...scope.selector }, reason, { by }),
      );
      return { erasure_id: erasure.eventId, payloads: erasure.payloads };
    },
  };
}

function tenantOf({ principal }: Caller): string | undefined {
  return tenantScope(principal) ?? undefined;
}

/** The filter with the tenant that the caller is bound to; one that names another tenant is refused. */
function withinTenant(
  filter: EventFilter,
  { principal }: Caller,
): { readonly filter: EventFilter; readonly refusal: HttpError | undefined } {
  const tenant = tenantScope(principal);
  if (tenant === null) {
    return { filter, refusal: undefined };
  }
  const isElsewhere = filter.tenant_id !== undefined && filter.tenant_id !== tenant;
  return {
    filter: { ...filter, tenant_id: tenant },
    refusal: isElsewhere ? beyondTenant("tenant", "tenant") : undefined,
  };
}
