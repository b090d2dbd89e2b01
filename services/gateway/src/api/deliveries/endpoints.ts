import { empty, json, respond } from "@sark/http-api";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ADMINS, OBSERVERS, OPERATORS, READERS } from "../access/roles.ts";
import { deliveryExamples as examples } from "./examples.ts";
import { changeOf, flushAllOf, quarantineRead, selected, type DeliveriesApi } from "./handlers.ts";
import {
  destinationPath,
  discardBody,
  flushBody,
  pauseBody,
  quarantineQuery,
  removalQuery,
  replayBody,
  resumeBody,
} from "./parameters.ts";
import {
  destination,
  destinations,
  discarded,
  flushed,
  flushedAll,
  quarantinePage,
  replaying,
} from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<DeliveriesApi>();

const BASE = "/api/v1/siem/destinations";
const ONE = `${BASE}/{name}`;
const shared = { cacheControl: "no-store" } as const;

interface Denied<Request> {
  readonly caller: Caller;
  read(): Request;
}

/** A denied change goes on record with what it asked for: its input is read before. */
async function deniedChange<Request extends { readonly path: { readonly name: string } }>(
  api: DeliveriesApi,
  operation: string,
  { caller, read }: Denied<Request>,
  inputOf: (request: Request) => JsonObject,
): Promise<void> {
  const request = read();
  await api.denied.change(caller, changeOf(operation, request.path.name, inputOf(request)));
}

export const deliveryEndpoints = group({
  title: "Deliveries",
  description:
    "How deliveries of the audit log to SIEMs stand, and steering them. Every change is an event of the log, with who made it and why, and so is every denied one. `gateway-admin siem` calls these endpoints; [docs/audit/delivery.md](../audit/delivery.md) explains them.",
  endpoints: {
    listDestinations: endpoint({
      ...shared,
      method: "GET",
      path: BASE,
      summary: "How all destinations stand",
      description:
        "Leaves no record: monitors ask for it without end, and it holds no events. It counts those of all tenants: a caller that is bound to one is denied, on record.",
      roles: OBSERVERS,
      output: { 200: json(destinations, "All destinations, and logs that this replica ships.") },
      errors: ["audit_unavailable"],
      example: examples.listDestinations,
      handler: async (api, { caller }) => respond(200, await api.destinations(caller)),
    }),
    getDestination: endpoint({
      ...shared,
      method: "GET",
      path: ONE,
      summary: "How one destination stands",
      description: "As above, for callers that are bound to no tenant.",
      roles: OBSERVERS,
      input: { path: destinationPath },
      output: { 200: json(destination, "The destination.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.getDestination,
      handler: async (api, { path, caller }) => respond(200, await api.destination(path.name, caller)),
    }),
    removeDestination: endpoint({
      ...shared,
      method: "DELETE",
      path: ONE,
      summary: "Forgets a destination that is in no configuration any more, with its quarantine",
      description: "Retention does not wait for it any more. What it has not received is given up.",
      roles: ADMINS,
      input: { path: destinationPath, query: removalQuery },
      output: { 204: empty("It is forgotten.") },
      errors: ["not_found", "destination_held", "audit_unavailable"],
      example: examples.removeDestination,
      denied: (api, request) => deniedChange(api, "remove", request, ({ query: { reason } }) => ({ reason })),
      async handler(api, { path, query, caller }) {
        await api.remove(path.name, query, caller);
        return respond(204, undefined);
      },
    }),
    pauseDestination: endpoint({
      ...shared,
      method: "POST",
      path: `${ONE}/pause`,
      summary: "Holds a destination back; what it misses is kept",
      roles: OPERATORS,
      input: { path: destinationPath, body: pauseBody },
      output: { 200: json(destination, "It is paused.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.pauseDestination,
      denied: (api, request) => deniedChange(api, "pause", request, ({ body: { reason } }) => ({ reason })),
      handler: async (api, { path, body, caller }) => respond(200, await api.pause(path.name, body, caller)),
    }),
    resumeDestination: endpoint({
      ...shared,
      method: "POST",
      path: `${ONE}/resume`,
      summary: "Ends a pause, or has a mended configuration tried at once",
      roles: OPERATORS,
      input: { path: destinationPath, body: resumeBody },
      output: { 200: json(destination, "It goes on.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.resumeDestination,
      denied: (api, request) => deniedChange(api, "resume", request, ({ body: { reason } }) => ({ reason })),
      handler: async (api, { path, body, caller }) => respond(200, await api.resume(path.name, body, caller)),
    }),
    flushDestination: endpoint({
      ...shared,
      method: "POST",
      path: `${ONE}/flush`,
      summary: "Sends what is recorded without waiting for a full batch",
      roles: OPERATORS,
      input: { path: destinationPath, body: flushBody },
      output: {
        200: json(flushed, "It has arrived."),
        202: json(flushed, "It has not arrived within `wait_ms`, and goes out as soon as it can."),
      },
      errors: ["not_found", "destination_held", "audit_unavailable"],
      example: examples.flushDestination,
      denied: (api, request) => deniedChange(api, "flush", request, ({ body: { reason } }) => ({ reason })),
      async handler(api, { path, body, caller, clientLeft }) {
        const result = await api.flush(path.name, body, caller, clientLeft);
        return respond(result.settled ? 200 : 202, result);
      },
    }),
    flushDestinations: endpoint({
      ...shared,
      method: "POST",
      path: `${BASE}/flush`,
      summary: "The same for every destination that is configured and enabled",
      roles: OPERATORS,
      input: { body: flushBody },
      output: {
        200: json(flushedAll, "It has arrived everywhere."),
        202: json(flushedAll, "It has not arrived everywhere within `wait_ms`."),
      },
      errors: ["audit_unavailable"],
      example: examples.flushDestinations,
      async denied(api, { caller, read }) {
        await api.denied.change(caller, flushAllOf(read().body.reason));
      },
      async handler(api, { body, caller, clientLeft }) {
        const result = await api.flushAll(body, caller, clientLeft);
        return respond(result.settled ? 200 : 202, result);
      },
    }),
    listQuarantine: endpoint({
      ...shared,
      method: "GET",
      path: `${ONE}/quarantine`,
      summary: "Events that the destination refused for good, with the reason",
      description: "Shows events, and so is a read of the log that goes on record.",
      roles: READERS,
      input: { path: destinationPath, query: quarantineQuery },
      output: { 200: json(quarantinePage, "A page.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.listQuarantine,
      async denied(api, { caller, read }) {
        const { path, sent } = read();
        await api.denied.read(caller, quarantineRead(path.name, sent.query as JsonObject));
      },
      handler: async (api, { path, query, sent, caller }) =>
        respond(200, await api.quarantine(path.name, query, sent.query as JsonObject, caller)),
    }),
    replayQuarantine: endpoint({
      ...shared,
      method: "POST",
      path: `${ONE}/quarantine/replay`,
      summary: "Sends events of a quarantine again",
      roles: OPERATORS,
      input: { path: destinationPath, body: replayBody },
      output: { 202: json(replaying, "They go out as soon as the destination takes events.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.replayQuarantine,
      denied: (api, request) =>
        deniedChange(api, "replay", request, ({ body }) => ({ reason: body.reason, ...selected(body) })),
      handler: async (api, { path, body, caller }) => respond(202, await api.replay(path.name, body, caller)),
    }),
    discardQuarantine: endpoint({
      ...shared,
      method: "POST",
      path: `${ONE}/quarantine/discard`,
      summary: "Gives events of a quarantine up; they stay in the audit log, and count as skipped",
      roles: ADMINS,
      input: { path: destinationPath, body: discardBody },
      output: { 200: json(discarded, "They are given up.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.discardQuarantine,
      denied: (api, request) =>
        deniedChange(api, "discard", request, ({ body }) => ({ reason: body.reason, ...selected(body) })),
      handler: async (api, { path, body, caller }) =>
        respond(200, await api.discard(path.name, body, caller)),
    }),
  },
});
