import type { AuditLog, AuditReader, OpenLogReader } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import type { JsonObject } from "../domain/json.ts";
import { createAdmitEraser, createAdmitReader, recordableId } from "./access.ts";
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
  const { proven, ...logHandlers } = createLogHandlers({ ...deps, admit });

  return {
    ...logHandlers,

    async events(query: unknown, caller: Caller) {
      const { filter, page } = parseEventsQuery(query);
      await admit(caller, { operation: "events", asked: query as JsonObject });
      return showPage(await asked(() => reader.events(filter, page)));
    },

    /** With the arguments or the result, as far as they were kept. */
    async event(id: string, caller: Caller) {
      await admit(caller, { operation: "event", asked: { id: recordableId(id) } });
      const found = await asked(() => reader.event(id));
      if (found === null) throw notFound("event of this id");
      const payloads = found.event.payloads === undefined ? [] : await asked(() => reader.payloads(id));
      return { ...showEvent(found), payloads: showPayloads(payloads) };
    },

    async trailOfEvent(id: string, caller: Caller) {
      await admit(caller, { operation: "trail", asked: { id: recordableId(id) } });
      const trail = await asked(() => reader.trailOf(id));
      if (trail === null) throw notFound("event of this id");
      return showTrail(trail);
    },

    async trailOfRequest(requestId: string, caller: Caller) {
      await admit(caller, { operation: "trail", asked: { request_id: recordableId(requestId, 128) } });
      const trail = await asked(() => reader.trail(requestId));
      if (trail.events.length === 0) throw notFound("event of this request");
      return showTrail(trail);
    },

    async export(query: unknown, caller: Caller) {
      const { filter, format, seqs } = parseExportQuery(query);
      await admit(caller, { operation: "export", asked: query as JsonObject });
      return format === "verifiable"
        ? proven(() => openExport(log.export({ filter, ...seqs }), format))
        : asked(() => openExport(reader.export(filter, format), format));
    },

    async orphans(query: unknown, caller: Caller) {
      const page = parseOrphansQuery(query);
      await admit(caller, { operation: "orphans", asked: query as JsonObject });
      const [found, count] = await asked(() =>
        Promise.all([reader.orphanedIntents(page), reader.countOrphanedIntents()]),
      );
      return showOrphans(found, count);
    },

    /** Before the request is read. Who may not goes on record; what is erased, the log records itself. */
    admitErasure: (caller: Caller): Promise<void> => admitEraser(caller, { operation: "erasure", asked: {} }),

    /** The log records it itself, with who asked for it and why. */
    async erase(body: unknown, caller: Caller) {
      const { selector, reason } = parseErasure(body);
      const erasure = await asked(() =>
        audit.erasePayloads(selector, reason, { by: { user_id: caller.principal.id } }),
      );
      return { erasure_id: erasure.eventId, payloads: erasure.payloads };
    },
  };
}
