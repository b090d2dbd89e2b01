import { documentedAs } from "@sark/http-api";
import type { AuditEvent } from "@sark/audit";
import { SUMMARY_GROUPS } from "@sark/audit/store";
import { z } from "zod";
import { callCounts } from "../figures/call-counts.ts";
import { isJsonObject } from "@sark/json";

const event = documentedAs(z.custom<AuditEvent>(isJsonObject), {
  type: "object",
  required: [
    "id",
    "timestamp",
    "created_at",
    "event_type",
    "decision",
    "reason",
    "gateway_request_id",
    "phase",
    "metadata",
  ],
  properties: {
    id: { type: "string", format: "uuid" },
    timestamp: { type: "string", format: "date-time", description: "When it happened" },
    created_at: { type: "string", format: "date-time", description: "When the log took it" },
    event_type: { type: "string" },
    decision: { enum: ["allow", "deny"] },
    reason: { type: "string" },
    gateway_request_id: { type: "string" },
    phase: { enum: ["intent", "outcome", "decision"] },
    metadata: { type: "object" },
  },
  description: "The record as its canonical text in the log says it; what is absent was not known",
});

export const storedEvent = z
  .object({
    seq: z.number().int().describe("Its place in the log"),
    leaf_hash: z.string().describe("RFC 6962 leaf hash of its canonical bytes, in hex"),
    event,
  })
  .meta({ id: "StoredEvent" });

const nextCursor = z.string().nullable().describe("For the next page; `null` on the last one");

export const eventPage = z
  .object({ events: z.array(storedEvent), next_cursor: nextCursor })
  .meta({ id: "EventPage" });

const payload = z.object({
  kind: z.enum(["arguments", "params", "result"]),
  policy: z.enum(["digest", "redacted", "full"]),
  salt: z.string().nullable().describe("Opens the digest in the event; `null` after erasure"),
  value: z.unknown().describe("`null` where only a digest was kept, and after erasure"),
  erased_at: z.string().nullable(),
  erased_by: z.string().nullable().describe("The event that records the erasure"),
});

export const eventWithPayloads = storedEvent
  .extend({ payloads: z.array(payload) })
  .meta({ id: "EventWithPayloads" });

export const trail = z
  .object({
    request_id: z.string(),
    steps: z.array(
      z.union([
        z.object({
          kind: z.literal("call"),
          intent_id: z.string(),
          outcome_id: z.string().nullable().describe("`null` while the call runs, and after a crash"),
        }),
        z.object({ kind: z.enum(["decision", "outcome"]), event_id: z.string() }),
      ]),
    ),
    events: z.array(storedEvent).describe("All events that the steps name, in the order of the log"),
    truncated: z.boolean().describe("Whether there are more events than a trail shows"),
  })
  .meta({ id: "Trail" });

export const orphans = z
  .object({
    count: z.number().int(),
    intents: z.array(storedEvent),
    next_cursor: nextCursor,
  })
  .meta({ id: "Orphans" });

export const consistency = z
  .object({
    from: z.number().int(),
    to: z.number().int(),
    consistency: z.array(z.string()).describe("Hashes of the RFC 6962 proof, in base64"),
    checkpoint: z
      .string()
      .nullable()
      .describe("The signed note of the newer tree; `null` where none was kept"),
  })
  .meta({ id: "ConsistencyProof" });

export const erasure = z
  .object({
    erasure_id: z.string().describe("The event that records it"),
    payloads: z.number().int().describe("How many were erased"),
  })
  .meta({ id: "Erasure" });

const summed = {
  ...callCounts,
  durations: z
    .object({
      percentiles: z.array(z.object({ percentile: z.number(), ms: z.number() })),
      max_ms: z.number(),
    })
    .nullable()
    .describe("Of calls that ended, each a value that occurred; `null` where none did"),
};

const summaryRow = z
  .object({
    server_name: z.string().nullable().optional(),
    tool_name: z.string().nullable().optional(),
    tenant_id: z.string().nullable().optional(),
    user_id: z.string().nullable().optional(),
    agent_id: z.string().nullable().optional(),
    outcome: z
      .string()
      .nullable()
      .optional()
      .describe("`null` of calls that were let through: how they ended is a row of its own"),
    reason: z.string().nullable().optional(),
    ...summed,
  })
  .meta({ id: "CallSummaryRow" });

export const callSummary = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    by: z.enum(SUMMARY_GROUPS),
    rows: z
      .array(summaryRow)
      .describe("Those with the most permitted calls first, with what they were summed up by"),
    total: z.object(summed).describe("Of all calls, shown or not"),
    truncated: z.boolean().describe("There are more rows"),
  })
  .meta({ id: "CallSummary" });
export type CallSummaryShown = z.output<typeof callSummary>;
