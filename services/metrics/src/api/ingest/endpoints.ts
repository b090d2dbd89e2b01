import { documentedAs, json, respond } from "@sark/http-api";
import { z } from "zod";
import { activitySchema, batchItemSchema, scoreSchema } from "../../ingest/event-schemas.ts";
import { NDJSON } from "../../ingest/read-items.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import type { IngestApi } from "./handlers.ts";
import { takenBatch, takenEvent } from "./responses.ts";

const { endpoint, group } = metricsEndpoints<IngestApi>();

const SENDERS = ["sender", "admin"] as const;
const errors = ["rate_limited", "quota_exceeded", "overloaded", "store_unavailable"] as const;

/** The body as it came: it may be packed, and lines that are not valid do not spoil the others. */
const batchBody = documentedAs(z.custom<Buffer>(), {
  type: "object",
  properties: {
    items: { type: "array", items: z.toJSONSchema(batchItemSchema, { io: "input", unrepresentable: "any" }) },
  },
  required: ["items"],
  additionalProperties: false,
});

const batchHeaders = z.object({
  "content-type": z
    .string()
    .optional()
    .describe(
      "`application/json` of at most 100,000 values, or `application/x-ndjson` with an event a line; an event has up to 65,536 bytes",
    ),
  "content-encoding": z.string().optional().describe("`gzip`, or none"),
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 printable ASCII characters")
    .optional()
    .describe(
      "The same key with the same body gets the response of the first request, and counts against the rate as that did",
    ),
});

export const ingestEndpoints = group({
  title: "Ingest",
  description:
    "What users do, and how productive they are. Responses come when the events are committed. An event has an `id` of its sender: sent again, it is not counted again.",
  endpoints: {
    sendActivity: endpoint({
      method: "POST",
      path: "/v1/activity",
      summary: "One activity event",
      roles: SENDERS,
      input: { body: activitySchema },
      output: { 201: json(takenEvent, "The event is committed.") },
      errors,
      example: {
        request: { body: { id: "a-1", user_id: "alice", type: "document.edited" } },
        response: { status: 201, body: { id: "a-1", status: "accepted" } },
      },
      handler: async (api, { body, caller }) => respond(201, await api.activity(body, caller)),
    }),
    sendScore: endpoint({
      method: "POST",
      path: "/v1/scores",
      summary: "One productivity score",
      roles: SENDERS,
      input: { body: scoreSchema },
      output: { 201: json(takenEvent, "The score is committed.") },
      errors,
      example: {
        request: {
          body: { id: "s-1", user_id: "alice", score: 82.5, team: "research", user_role: "engineer" },
        },
        response: { status: 201, body: { id: "s-1", status: "accepted" } },
      },
      handler: async (api, { body, caller }) => respond(201, await api.score(body, caller)),
    }),
    sendBatch: endpoint({
      method: "POST",
      path: "/v1/batches",
      summary: "Many events of both kinds",
      description:
        "Events that are not valid do not spoil the others: the response names them by their places, with the reason.",
      roles: SENDERS,
      input: { headers: batchHeaders, body: batchBody },
      bodyTypes: ["application/json", NDJSON],
      output: { 200: json(takenBatch, "What became of the events.") },
      errors: [...errors, "idempotency_conflict"],
      example: {
        request: {
          body: {
            items: [
              { kind: "activity", id: "b-1", user_id: "alice", type: "login" },
              { kind: "score", id: "b-2", user_id: "alice", score: 101 },
            ],
          },
        },
        response: {
          status: 200,
          body: {
            accepted: 1,
            duplicates: 0,
            refused: [
              {
                index: 1,
                code: "invalid",
                field: "score",
                message: "score: Too big: expected number to be <=100",
              },
            ],
          },
        },
      },
      handler: async (api, { body, headers, caller }) => {
        const packed = { type: headers["content-type"], encoding: headers["content-encoding"], bytes: body };
        return respond(200, await api.batch(packed, headers["idempotency-key"], caller));
      },
    }),
  },
});
