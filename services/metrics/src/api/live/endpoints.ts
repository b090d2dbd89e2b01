import { json, respond, upgrade, varies } from "@sark/http-api";
import { z } from "zod";
import type { LiveApi } from "./handlers.ts";
import { LIVE_PATH } from "./upgrade.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";

const { endpoint, group } = metricsEndpoints<LiveApi>();

const VIEWERS = ["viewer", "admin"] as const;

const ticket = z
  .object({
    ticket: z.string().describe("Offered as the protocol `ticket.<ticket>`; good once"),
    protocol: z.string().describe("Offered with it"),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "LiveTicket" });

export const liveEndpoints = group({
  title: "Live updates",
  description:
    "KPIs of the caller's tenant over a WebSocket, within a second of what changes them. [Live updates](../../live-updates.md) has the messages.",
  endpoints: {
    liveTicket: endpoint({
      method: "POST",
      path: "/v1/live/tickets",
      summary: "A ticket for a browser",
      description:
        "Browsers send no header of their own with a WebSocket. A ticket opens one connection, within 30 seconds, and stands in no URL. The connection lasts no longer than the credential that asked for the ticket is good.",
      roles: VIEWERS,
      output: { 201: json(ticket, "The ticket.") },
      errors: ["too_many_connections"],
      cacheControl: "no-store",
      example: {
        response: {
          status: 201,
          body: {
            ticket: varies("5Q2o…"),
            protocol: "sark.metrics.v1",
            expires_at: varies("2026-11-28T12:00:30.000Z"),
          },
        },
      },
      handler: async (api, { caller }) => respond(201, await api.ticket(caller)),
    }),
    live: endpoint({
      method: "GET",
      path: LIVE_PATH,
      summary: "Live updates over a WebSocket",
      roles: VIEWERS,
      output: { 101: upgrade("The connection is a WebSocket.") },
      errors: ["upgrade_required", "too_many_connections"],
      head: false,
      example: { response: { status: 101 } },
      handler: (api, { caller }) => respond(101, api.connect(caller)),
    }),
  },
});
