import type { AuditLog } from "@sark/audit";
import type { OpenLogReader } from "@sark/audit/log-builder";
import type { AuditReader, EventFilter } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { HttpError } from "../../transport/errors.ts";
import { auditIdentity } from "@sark/authentication";
import { provenanceOf } from "../../governance/provenance.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { createErasureRecords, createReadEvent, createReadRecords, recordableId } from "./access.ts";
import { erasureScope } from "./erasure-scope.ts";
import { nothingToErase } from "./nothing-to-erase.ts";
import { openExport } from "./export.ts";
import { asked, notFound } from "./failures.ts";
import { createLogHandlers } from "./log-handlers.ts";
import {
  erasureSelection,
  eventsSelection,
  exportSelection,
  orphansSelection,
  type ErasureBody,
  type EventsQuery,
  type ExportQuery,
  type OrphansQuery,
  type SummaryQuery,
} from "./parameters.ts";
import { windowOf } from "../parameters/time-window.ts";
import { DEFAULT_PERCENTILES, showSummary } from "./summary.ts";
import { showEvent, showOrphans, showPage, showPayloads, showTrail } from "./presentation.ts";

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
  const reads = createReadRecords(audit);
  const erasures = createErasureRecords(audit);
  const readEvent = createReadEvent(reader, reads);
  const { proven, ...logHandlers } = createLogHandlers({ ...deps, reads, readEvent });

  return {
    ...logHandlers,
    /** Where denied requests go on record. */
    denied: { read: reads.denied, erase: erasures.denied },

    async events({ query, sent, caller }: Asked<EventsQuery>) {
      const { filter, page } = eventsSelection(query);
      const scoped = withinTenant(filter, caller);
      await reads.permitted(caller, { operation: "events", asked: sent.query as JsonObject }, scoped.denial);
      return showPage(await asked(() => reader.events(scoped.filter, page)));
    },

    /** With the arguments or the result, as far as they were kept. */
    async event(id: string, caller: Caller) {
      const found = await readEvent("event", id, caller);
      const payloads = found.event.payloads === undefined ? [] : await asked(() => reader.payloads(id));
      return { ...showEvent(found), payloads: showPayloads(payloads) };
    },

    async trailOfEvent(id: string, caller: Caller) {
      await readEvent("trail", id, caller);
      const trail = await asked(() => reader.trailOf(id, tenantOf(caller)));
      if (trail === null) {
        throw notFound("event of this id");
      }
      return showTrail(trail);
    },

    async trailOfRequest(requestId: string, caller: Caller) {
      const tenant = tenantOf(caller);
      const missing = notFound("event of this request");
      // A caller that is bound to a tenant looks beyond it where the request is another's alone.
      const before = tenant === undefined ? null : await asked(() => reader.trail(requestId, tenant));
      const isElsewhere =
        before?.events.length === 0 && (await asked(() => reader.trail(requestId))).events.length > 0;
      await reads.permitted(caller, trailRead(requestId), isElsewhere ? missing : undefined);
      const trail = before ?? (await asked(() => reader.trail(requestId, tenant)));
      if (trail.events.length === 0) {
        throw missing;
      }
      return showTrail(trail);
    },

    async export({ query, sent, caller }: Asked<ExportQuery>) {
      const { filter, format, seqs } = exportSelection(query);
      const scoped = withinTenant(filter, caller);
      await reads.permitted(caller, { operation: "export", asked: sent.query as JsonObject }, scoped.denial);
      return format === "verifiable"
        ? proven(() => openExport(log.export({ filter: scoped.filter, ...seqs }), format))
        : asked(() => openExport(reader.export(scoped.filter, format), format));
    },

    /** Names who called: unlike mere figures, it is a read of the log. */
    async summary({ query, sent, caller }: Asked<SummaryQuery>) {
      const { by, server, tool, percentiles = DEFAULT_PERCENTILES, limit = 100 } = query;
      const window = windowOf(query, Date.now());
      const tenant = tenantOf(caller);
      await reads.permitted(caller, { operation: "summary", asked: sent.query as JsonObject });
      const summary = await asked(() =>
        reader.callSummary({
          ...window,
          by,
          percentiles,
          limit,
          ...(server === undefined ? {} : { server }),
          ...(tool === undefined ? {} : { tool }),
          ...(tenant === undefined ? {} : { tenant }),
        }),
      );
      return showSummary(query, window, summary);
    },

    async orphans({ query, sent, caller }: Asked<OrphansQuery>) {
      const page = orphansSelection(query);
      const tenant = tenantOf(caller);
      await reads.permitted(caller, { operation: "orphans", asked: sent.query as JsonObject });
      const [found, count] = await asked(() =>
        Promise.all([
          reader.orphanedIntents({ ...page, ...(tenant !== undefined && { tenant }) }),
          reader.countOrphanedIntents(tenant),
        ]),
      );
      return showOrphans(found, count);
    },

    /** The log records it itself, with who asked for it, from where, for which tenants and why. */
    async erase({
      body,
      sent,
      caller,
    }: { readonly body: ErasureBody } & Pick<Asked<never>, "sent" | "caller">) {
      const { selector, reason, ...wanted } = erasureSelection(body);
      const scope = erasureScope(wanted, caller.principal);
      const named = { ...selector, ...scope.selector };
      await erasures.permitted(
        caller,
        { operation: "erasure", asked: sent.body as JsonObject },
        scope.denial ?? (await nothingToErase(reader, named)),
      );
      const { principal } = caller;
      const by = {
        ...auditIdentity(principal),
        ...provenanceOf(caller),
        ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
        gateway_request_id: caller.correlationId,
      };
      const erasure = await asked(() => audit.erasePayloads(named, reason, { by }));
      return { erasure_id: erasure.eventId, payloads: erasure.payloads };
    },
  };
}

/** What handlers see of a request with a query. */
export interface Asked<Query> {
  readonly query: Query;
  readonly sent: { readonly query: unknown; readonly body: unknown };
  readonly caller: Caller;
}

/** As it goes on record. */
export function trailRead(requestId: string) {
  return { operation: "trail", asked: { request_id: recordableId(requestId, 128) } };
}

function tenantOf({ principal }: Caller): string | undefined {
  return tenantScope(principal) ?? undefined;
}

/** The filter with the tenant that the caller is bound to; one that names another tenant is refused. */
function withinTenant(
  filter: EventFilter,
  { principal }: Caller,
): { readonly filter: EventFilter; readonly denial: HttpError | undefined } {
  const tenant = tenantScope(principal);
  if (tenant === null) {
    return { filter, denial: undefined };
  }
  const isElsewhere = filter.tenant_id !== undefined && filter.tenant_id !== tenant;
  return {
    filter: { ...filter, tenant_id: tenant },
    denial: isElsewhere ? beyondTenant("tenant", "tenant") : undefined,
  };
}
