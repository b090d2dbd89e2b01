import { bytes, EVERY_CALLER, json, respond, stream, text } from "@sark/http-api";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ADMINS, READERS } from "../access/roles.ts";
import { readOf, type ReadRequest } from "./access.ts";
import { auditExamples as examples } from "./examples.ts";
import { trailRead, type AuditApi } from "./handlers.ts";
import {
  consistencyQuery,
  erasureBody,
  eventPath,
  eventsQuery,
  exportQuery,
  orphansQuery,
  requestPath,
  summaryQuery,
  tilePath,
} from "./parameters.ts";
import {
  callSummary,
  consistency,
  erasure,
  eventPage,
  eventWithPayloads,
  orphans,
  trail,
} from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<AuditApi>();

const BASE = "/api/v1/audit";
const TEXT = ["text/plain; charset=utf-8"] as const;
/** Reads are not to be found again in caches. */
const shared = { cacheControl: "no-store" } as const;

/** A denied read goes on record with what it asked for: its query is read before. */
async function deniedRead(
  api: AuditApi,
  operation: ReadRequest["operation"],
  request: { readonly caller: Caller; read(): { readonly sent: { readonly query: unknown } } },
): Promise<void> {
  const asked = request.read().sent.query as JsonObject;
  await api.denied.read(request.caller, { operation, asked });
}

/** The same for a read of one event. */
async function deniedEvent(
  api: AuditApi,
  operation: ReadRequest["operation"],
  request: { readonly caller: Caller; read(): { readonly path: { readonly id: string } } },
): Promise<void> {
  await api.denied.read(request.caller, readOf(operation, request.read().path.id));
}

export const auditEndpoints = group({
  title: "Audit",
  description:
    "Asking the audit log, proving it, and erasing what it need not keep. Every read is an event of the log itself, and so is every denied one, with what was asked for. A caller that is bound to a tenant sees that tenant's events. [docs/audit](../audit/README.md) explains it.",
  endpoints: {
    listEvents: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/events`,
      summary: "Events of the log, page by page",
      roles: READERS,
      input: { query: eventsQuery },
      output: { 200: json(eventPage, "A page.") },
      errors: ["audit_unavailable"],
      example: examples.listEvents,
      denied: (api, request) => deniedRead(api, "events", request),
      handler: async (api, request) => respond(200, await api.events(request)),
    }),
    summarizeCalls: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/summary`,
      summary: "Calls of tools within a time, counted by what they have in common",
      description:
        "How calls ended and how long they took, by tool, server, user, tenant, outcome or reason, of all replicas together. One record of a refusal may stand for many. `query-metrics` shows it.",
      roles: READERS,
      input: { query: summaryQuery },
      output: { 200: json(callSummary, "The figures.") },
      errors: ["audit_unavailable"],
      example: examples.summarizeCalls,
      denied: (api, request) => deniedRead(api, "summary", request),
      handler: async (api, request) => respond(200, await api.summary(request)),
    }),
    getEvent: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/events/{id}`,
      summary: "One event, with its arguments or its result as far as they were kept",
      roles: READERS,
      input: { path: eventPath },
      output: { 200: json(eventWithPayloads, "The event.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.getEvent,
      denied: (api, request) => deniedEvent(api, "event", request),
      handler: async (api, { path, caller }) => respond(200, await api.event(path.id, caller)),
    }),
    getEventTrail: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/events/{id}/trail`,
      summary: "All that is on record of the request that this event belongs to",
      roles: READERS,
      input: { path: eventPath },
      output: { 200: json(trail, "The trail.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.getEventTrail,
      denied: (api, request) => deniedEvent(api, "trail", request),
      handler: async (api, { path, caller }) => respond(200, await api.trailOfEvent(path.id, caller)),
    }),
    getRequestTrail: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/requests/{id}/trail`,
      summary: "All that is on record of a request",
      roles: READERS,
      input: { path: requestPath },
      output: { 200: json(trail, "The trail.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.getRequestTrail,
      denied: (api, { caller, read }) => api.denied.read(caller, trailRead(read().path.id)),
      handler: async (api, { path, caller }) => respond(200, await api.trailOfRequest(path.id, caller)),
    }),
    listOrphans: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/orphans`,
      summary: "Permitted calls of which no outcome is on record: crashes",
      roles: READERS,
      input: { query: orphansQuery },
      output: { 200: json(orphans, "A page, and how many there are.") },
      errors: ["audit_unavailable"],
      example: examples.listOrphans,
      denied: (api, request) => deniedRead(api, "orphans", request),
      handler: async (api, request) => respond(200, await api.orphans(request)),
    }),
    exportEvents: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/export`,
      summary: "Events as a file, as fast as the client takes them",
      description:
        "`jsonl` has one event a line as `listEvents` shows it, `csv` a column for each field, and `verifiable` what `audit verify --export` checks offline. A response that is cut off is not complete.",
      roles: READERS,
      input: { query: exportQuery },
      output: {
        200: stream(["application/jsonl; charset=utf-8", "text/csv; charset=utf-8"], "The file."),
      },
      errors: [
        "audit_unavailable",
        "not_yet_logged",
        "not_signed",
        "not_found",
        "entry_dropped",
        "log_contradicted",
      ],
      // A HEAD request would have the whole export written, for no reader.
      head: false,
      example: examples.exportEvents,
      denied: (api, request) => deniedRead(api, "export", request),
      async handler(api, request) {
        const { body, headers } = await api.export(request);
        return respond(200, body, headers);
      },
    }),
    getCheckpoint: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/checkpoint`,
      summary: "The newest signed tree head, as a C2SP note",
      roles: READERS,
      output: { 200: text(TEXT, "The note.") },
      errors: ["not_found", "not_signed", "audit_unavailable", "log_contradicted"],
      example: examples.getCheckpoint,
      handler: async (api) => respond(200, await api.checkpoint()),
    }),
    getTile: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/tile/{path*}`,
      summary: "A tile of the transparency log (C2SP tlog-tiles)",
      description:
        "Tiles hold hashes. Entry bundles hold the events of all tenants: reading one is an event of the log, and denied to callers that are bound to a tenant.",
      roles: READERS,
      input: { path: tilePath },
      output: { 200: bytes("The tile; a complete one may be cached for good.") },
      errors: ["not_found", "audit_unavailable", "entry_dropped", "log_contradicted"],
      example: examples.getTile,
      async handler(api, { path, caller }) {
        const tile = await api.tile(path.path, caller);
        return respond(200, tile.bytes, { "cache-control": tile.cacheControl });
      },
    }),
    getConsistency: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/consistency`,
      summary: "The proof that a tree continues an older one (RFC 6962)",
      roles: READERS,
      input: { query: consistencyQuery },
      output: { 200: json(consistency, "The proof.") },
      errors: ["not_found", "not_yet_logged", "not_signed", "audit_unavailable", "log_contradicted"],
      example: examples.getConsistency,
      handler: async (api, { query }) => respond(200, await api.consistency(query)),
    }),
    getProof: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/proof/{id}`,
      summary: "The proof that an event is in the log (C2SP tlog-proof)",
      roles: READERS,
      input: { path: eventPath },
      output: { 200: text(TEXT, "The proof.") },
      errors: ["not_found", "not_yet_logged", "not_signed", "audit_unavailable", "log_contradicted"],
      example: examples.getProof,
      denied: (api, request) => deniedEvent(api, "proof", request),
      handler: async (api, { path, caller }) => respond(200, await api.proof(path.id, caller)),
    }),
    getReceipt: endpoint({
      ...shared,
      method: "GET",
      path: `${BASE}/receipt/{id}`,
      summary: "An event with the proof that it is in the log: verifies offline with `audit receipt verify`",
      description: "Of an event of its own, a caller gets the receipt without any role.",
      roles: EVERY_CALLER,
      privileges: { receiptOfAny: { roles: READERS, may: "take the receipt of any event" } },
      input: { path: eventPath },
      output: { 200: text(TEXT, "The receipt.") },
      errors: ["not_found", "not_yet_logged", "not_signed", "audit_unavailable", "log_contradicted"],
      example: examples.getReceipt,
      handler: async (api, { path, caller, may }) =>
        respond(200, await api.receipt(path.id, caller, may("receiptOfAny"))),
    }),
    erasePayloads: endpoint({
      method: "POST",
      path: `${BASE}/erasures`,
      summary: "Erases arguments and results; their digests stay, and the log proves what was erased",
      description:
        "Says whose (`user_id`, `agent_id`, `request_id` or `event_id`), in which tenants, and why. The erasure is an event of the log. An event or a request that is not there, or not in these tenants, is 404, and a denial on record.",
      roles: ADMINS,
      input: { body: erasureBody },
      output: { 201: json(erasure, "What was erased.") },
      errors: ["not_found", "audit_unavailable", "needs_log_key"],
      example: examples.erasePayloads,
      // On record whatever the body says: it is not read.
      denied: (api, { caller }) => api.denied.erase(caller, { operation: "erasure", asked: {} }),
      handler: async (api, request) => respond(201, await api.erase(request)),
    }),
  },
});
