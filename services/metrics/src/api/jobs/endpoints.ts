import { empty, json, respond, varies, variesFreely } from "@sark/http-api";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { HttpError } from "../../errors/http-errors.ts";
import type { DeadLetters } from "../../jobs/dead-letters.ts";
import type { QueueState } from "../../jobs/states.ts";
import type { Caller } from "../../domain/caller.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { pageOf } from "../parameters/page.ts";
import { pageQuery } from "../parameters/schemas.ts";

export interface JobsApi {
  readonly deadLetters: DeadLetters;
  states(): readonly QueueState[];
  readonly records: Pick<SecurityRecords, "record">;
}

const { endpoint, group } = metricsEndpoints<JobsApi>();

const queue = z
  .object({
    queue: z.string(),
    waiting: z.number().int(),
    deferred: z.number().int().describe("They wait for their time, or to be tried again"),
    active: z.number().int(),
    oldest_waiting_seconds: z.number(),
  })
  .meta({ id: "JobQueue" });
const deadLetter = z
  .object({
    id: z.string(),
    job: z.string(),
    tenant_id: z.string().nullable(),
    failed_at: z.iso.datetime(),
    attempts: z.number().int(),
    error: z.string().nullable().describe("What it failed with last"),
  })
  .meta({ id: "DeadLetter" });
const path = z.strictObject({ id: z.uuid() });
const exampleId = varies("018f3c7e-0000-7000-8000-000000000000", "dead_letter_id");

export const jobEndpoints = group({
  title: "Background jobs",
  description:
    "Roll-ups, retention and checks. A job that failed as often as `jobs.retries` allows is a dead letter.",
  endpoints: {
    listQueues: endpoint({
      method: "GET",
      path: "/v1/platform/jobs",
      summary: "Queues, as they were some seconds ago",
      roles: ["platform"],
      output: { 200: json(z.object({ queues: z.array(queue) }), "The queues.") },
      errors: [],
      example: { response: { status: 200, body: { queues: variesFreely([]) } } },
      handler: async ({ states }) =>
        respond(200, {
          queues: states().map(({ oldestSeconds, ...state }) => ({
            ...state,
            oldest_waiting_seconds: oldestSeconds,
          })),
        }),
    }),
    listDeadLetters: endpoint({
      method: "GET",
      path: "/v1/platform/dead-letters",
      summary: "Dead letters, the oldest first",
      roles: ["platform"],
      input: { query: pageQuery },
      output: {
        200: json(
          z.object({ dead_letters: z.array(deadLetter), next_cursor: z.string().nullable() }),
          "A page.",
        ),
      },
      errors: [],
      example: {
        response: { status: 200, body: { dead_letters: variesFreely([]), next_cursor: varies(null) } },
      },
      async handler({ deadLetters }, { query }) {
        const isUuid = (id: string) => validate(z.uuid(), id).valid;
        const { entries, next_cursor } = await pageOf(
          query,
          (after, limit) => deadLetters.list(after, limit),
          isUuid,
        );
        return respond(200, {
          dead_letters: entries.map(({ tenant, failedAt, ...letter }) => ({
            ...letter,
            tenant_id: tenant,
            failed_at: failedAt.toISOString(),
          })),
          next_cursor,
        });
      },
    }),
    retryDeadLetter: endpoint({
      method: "POST",
      path: "/v1/platform/dead-letters/{id}/retry",
      summary: "Runs the job of a dead letter again",
      roles: ["platform"],
      input: { path },
      output: { 202: empty("The job waits to be run.") },
      errors: ["not_found", "audit_unavailable"],
      example: { request: { path: { id: exampleId } }, response: { status: 202 } },
      async handler({ deadLetters, records }, { path: { id }, caller }) {
        await onRecord(records, caller, "retry", id);
        return respond(202, found(await deadLetters.retry(id)));
      },
    }),
    discardDeadLetter: endpoint({
      method: "DELETE",
      path: "/v1/platform/dead-letters/{id}",
      summary: "Deletes a dead letter",
      roles: ["platform"],
      input: { path },
      output: { 204: empty("It is deleted.") },
      errors: ["not_found", "audit_unavailable"],
      example: { request: { path: { id: exampleId } }, response: { status: 204 } },
      async handler({ deadLetters, records }, { path: { id }, caller }) {
        await onRecord(records, caller, "discard", id);
        return respond(204, found(await deadLetters.discard(id)));
      },
    }),
  },
});

function found(isDone: boolean): undefined {
  if (!isDone) {
    throw new HttpError("not_found", "There is no such dead letter.");
  }
}

async function onRecord(
  records: Pick<SecurityRecords, "record">,
  caller: Caller,
  operation: "retry" | "discard",
  id: string,
): Promise<void> {
  await records.record(caller, {
    type: SECURITY_EVENTS.jobChange,
    reason: `asks to ${operation} a dead letter`,
    details: { operation, dead_letter: id },
  });
}
