import { EXPORT_FORMATS, type EventFilter, type PageOptions } from "@sark/audit/store";
import { type ExportSelection } from "@sark/audit/verification";
import { z } from "zod";
import { HttpError } from "../../transport/errors.ts";
import { parseInput } from "../../transport/parse-input.ts";

const name = z
  .string()
  .min(1)
  .max(512)
  // It stands in the record of the question, too, which could not be kept.
  .refine((text) => !text.includes("\u0000") && text.isWellFormed(), "must not contain NUL");
const limit = z
  .string()
  .regex(/^[0-9]{1,4}$/, "must be a whole number from 1 to 1000")
  .transform(Number)
  .pipe(
    z
      .number()
      .min(1, "must be a whole number from 1 to 1000")
      .max(1_000, "must be a whole number from 1 to 1000"),
  );
const cursor = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_-]+$/, "not one that this log gave out");
/** RFC 3339 with its offset, e.g. `2026-07-28T09:00:00Z`. */
const time = z.iso.datetime({
  offset: true,
  error: "must be an RFC 3339 time, such as 2026-07-28T09:00:00Z",
});

/** A position in the log, or a size of its tree. */
const position = (smallest: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,14})$/, `must be a whole number from ${smallest} on`)
    .transform(Number)
    .pipe(z.number().min(smallest, `must be a whole number from ${smallest} on`));

/** The store's formats, and the one that proves itself offline. */
export const OFFERED_FORMATS = [...EXPORT_FORMATS, "verifiable"] as const;
export type OfferedFormat = (typeof OFFERED_FORMATS)[number];

const filterShape = {
  user_id: name.optional(),
  agent_id: name.optional(),
  server: name.optional(),
  tool: name.optional(),
  decision: z.enum(["allow", "deny"]).optional(),
  event_type: name.optional(),
  outcome: name.optional(),
  request_id: name.optional(),
  tenant: name.optional(),
  client_address: name.optional(),
  credential: name.optional(),
  submitted_by: name.optional(),
  from: time.optional(),
  to: time.optional(),
};
const eventsSchema = z.strictObject({
  ...filterShape,
  order: z.enum(["newest_first", "oldest_first"]).optional(),
  cursor: cursor.optional(),
  limit: limit.optional(),
});
const exportSchema = z.strictObject({
  ...filterShape,
  format: z.enum(OFFERED_FORMATS).default("jsonl"),
  from_seq: position(0).optional(),
  to_seq: position(0).optional(),
});
const consistencySchema = z.strictObject({ from: position(1), to: position(1).optional() });
const orphansSchema = z.strictObject({ cursor: cursor.optional(), limit: limit.optional() });
const tenantName = name.nullable();
const erasureSchema = z.strictObject({
  user_id: name.optional(),
  agent_id: name.optional(),
  request_id: name.optional(),
  event_id: z.uuid().optional(),
  /** Its events alone; `null` are those of no tenant. */
  tenant: z.union([tenantName, z.array(tenantName).min(1).max(100)]).optional(),
  all_tenants: z.literal(true).optional(),
  before: time.optional(),
  reason: z.string().trim().min(1).max(1_000),
});

/** `GET /events`. */
export function parseEventsQuery(query: unknown): { filter: EventFilter; page: PageOptions } {
  const { order, cursor, limit, ...wanted } = parseInput(eventsSchema, query);
  return { filter: toFilter(wanted), page: defined({ order, cursor, limit }) };
}

/** `GET /export`; `seqs` bounds a verifiable one. */
export function parseExportQuery(query: unknown): {
  filter: EventFilter;
  format: OfferedFormat;
  seqs: Pick<ExportSelection, "fromSeq" | "toSeq">;
} {
  const { format, from_seq: fromSeq, to_seq: toSeq, ...wanted } = parseInput(exportSchema, query);
  if (format !== "verifiable" && (fromSeq ?? toSeq) !== undefined) {
    throw refusal(fromSeq === undefined ? "to_seq" : "from_seq", "goes with format=verifiable only");
  }
  if (toSeq !== undefined && toSeq < (fromSeq ?? 0)) {
    throw refusal("to_seq", "must not be below from_seq");
  }
  return { filter: toFilter(wanted), format, seqs: defined({ fromSeq, toSeq }) };
}

/** `GET /consistency`: sizes of the older tree and of the newer one, by default the newest. */
export function parseConsistencyQuery(query: unknown): { from: number; to?: number } {
  const { from, to } = parseInput(consistencySchema, query);
  if (to !== undefined && to < from) {
    throw refusal("to", "must not be below from");
  }
  return { from, ...defined({ to }) };
}

/** `GET /orphans`. */
export function parseOrphansQuery(query: unknown): { cursor?: string; limit?: number } {
  return defined(parseInput(orphansSchema, query));
}

/** `POST /erasures`: whose payloads, in which tenants, and why. */
export function parseErasure(body: unknown) {
  const { reason, request_id, before, tenant, all_tenants, ...rest } = parseInput(erasureSchema, body);
  if (tenant !== undefined && all_tenants) {
    throw refusal("all_tenants", "does not go with tenant");
  }
  const selector = defined({
    ...rest,
    gateway_request_id: request_id,
    before: before === undefined ? undefined : new Date(before),
  });
  const tenants = tenant === undefined || Array.isArray(tenant) ? tenant : [tenant];
  return { selector, reason, tenants, allTenants: all_tenants ?? false };
}

function toFilter(wanted: { readonly [K in keyof typeof filterShape]?: string | undefined }): EventFilter {
  const { server, tool, request_id, tenant, ...rest } = wanted;
  return defined({
    ...rest,
    server_name: server,
    tool_name: tool,
    gateway_request_id: request_id,
    tenant_id: tenant,
  }) as EventFilter;
}

function refusal(field: string, what: string): HttpError {
  return new HttpError(400, "invalid_request", `${field}: ${what}`, { field });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
