import { documentedAs } from "@sark/http-api";
import { EXPORT_FORMATS, SUMMARY_GROUPS, type EventFilter, type PageOptions } from "@sark/audit/store";
import { type ExportSelection } from "@sark/audit/verification";
import { z } from "zod";
import { reason } from "@sark/http-api/operations";
import { checkWindow, windowShape } from "../parameters/time-window.ts";

const name = documentedAs(
  z
    .string()
    .min(1)
    .max(512)
    // It stands in the record of the question, too, which could not be kept.
    .refine((text) => !text.includes("\u0000") && text.isWellFormed(), "must not contain NUL"),
  { type: "string", minLength: 1, maxLength: 512 },
);
const limit = documentedAs(
  z
    .string()
    .regex(/^[0-9]{1,4}$/, "must be a whole number from 1 to 1000")
    .transform(Number)
    .pipe(
      z
        .number()
        .min(1, "must be a whole number from 1 to 1000")
        .max(1_000, "must be a whole number from 1 to 1000"),
    ),
  { type: "integer", minimum: 1, maximum: 1_000, description: "Items of a page; 100 without it" },
);
export const cursor = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_-]+$/, "not one that this log gave out")
  .describe("`next_cursor` of the page before");
/** RFC 3339 with its offset, e.g. `2026-07-28T09:00:00Z`. */
const time = z.iso.datetime({
  offset: true,
  error: "must be an RFC 3339 time, such as 2026-07-28T09:00:00Z",
});

/** A position in the log, or a size of its tree. */
const position = (smallest: number, description: string) =>
  documentedAs(
    z
      .string()
      .regex(/^(?:0|[1-9][0-9]{0,14})$/, `must be a whole number from ${smallest} on`)
      .transform(Number)
      .pipe(z.number().min(smallest, `must be a whole number from ${smallest} on`)),
    { type: "integer", minimum: smallest, description },
  );

/** The store's formats, and the one that proves itself offline. */
export const OFFERED_FORMATS = [...EXPORT_FORMATS, "verifiable"] as const;
export type OfferedFormat = (typeof OFFERED_FORMATS)[number];

/** What events are looked for by. */
export const filterShape = {
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

export const eventPath = z.object({ id: z.string().describe("Id of the event") });
export const requestPath = z.object({
  id: z.string().describe("Correlation id of the request, `gateway_request_id` of its events"),
});
export const tilePath = z.object({
  path: z
    .string()
    .describe("As C2SP tlog-tiles writes it, with slashes: `0/x001/067`, `0/000.p/12`, `entries/000`"),
});

export const eventsQuery = z.strictObject({
  ...filterShape,
  order: z.enum(["newest_first", "oldest_first"]).optional(),
  cursor: cursor.optional(),
  limit: limit.optional(),
});

export const exportQuery = z
  .strictObject({
    ...filterShape,
    format: z.enum(OFFERED_FORMATS).default("jsonl"),
    from_seq: position(0, "First event of a verifiable export").optional(),
    to_seq: position(0, "Its last event").optional(),
  })
  .superRefine(({ format, from_seq: from, to_seq: to }, context) => {
    if (format !== "verifiable" && (from ?? to) !== undefined) {
      const path = [from === undefined ? "to_seq" : "from_seq"];
      context.addIssue({ code: "custom", path, message: "goes with format=verifiable only" });
    } else if (to !== undefined && to < (from ?? 0)) {
      context.addIssue({ code: "custom", path: ["to_seq"], message: "must not be below from_seq" });
    }
  });

export const consistencyQuery = z
  .strictObject({
    from: position(1, "Size of the older tree"),
    to: position(1, "Size of the newer tree; without it, the newest").optional(),
  })
  .superRefine(({ from, to }, context) => {
    if (to !== undefined && to < from) {
      context.addIssue({ code: "custom", path: ["to"], message: "must not be below from" });
    }
  });

/** Percentiles of durations: `50,95,99.9`. */
const percentiles = documentedAs(
  z
    .string()
    .regex(
      /^[0-9]{1,2}(?:\.[0-9]{1,3})?(?:,[0-9]{1,2}(?:\.[0-9]{1,3})?){0,9}$/,
      "must be up to ten numbers above 0 and below 100, such as 50,95,99.9",
    )
    .transform((text) => text.split(",").map(Number))
    .refine((list) => list.every((one) => one > 0), "must be above 0"),
  { type: "string", description: "Of durations, up to ten, such as 50,95,99.9; 50,95,99 without it" },
);

export const summaryQuery = z
  .strictObject({
    by: z.enum(SUMMARY_GROUPS).describe("What the calls of a row have in common"),
    ...windowShape,
    server: name.optional(),
    tool: name.optional(),
    percentiles: percentiles.optional(),
    limit: limit.optional(),
  })
  .superRefine(checkWindow);

export const orphansQuery = z.strictObject({ cursor: cursor.optional(), limit: limit.optional() });

const tenantName = name.nullable();

export const erasureBody = z
  .strictObject({
    user_id: name.optional(),
    agent_id: name.optional(),
    request_id: name.optional(),
    event_id: z.uuid().optional(),
    tenant: z
      .union([tenantName, z.array(tenantName).min(1).max(100)])
      .optional()
      .describe("Events of these tenants alone; `null` are those of none"),
    all_tenants: z.literal(true).optional(),
    before: time.optional(),
    reason,
  })
  .superRefine(({ tenant, all_tenants: all }, context) => {
    if (tenant !== undefined && all === true) {
      context.addIssue({ code: "custom", path: ["all_tenants"], message: "does not go with tenant" });
    }
  });

export type EventsQuery = z.output<typeof eventsQuery>;
export type ExportQuery = z.output<typeof exportQuery>;
export type SummaryQuery = z.output<typeof summaryQuery>;
export type OrphansQuery = z.output<typeof orphansQuery>;
export type ErasureBody = z.output<typeof erasureBody>;

/** What the query asks of the store, by the store's names. */
export function eventsSelection(query: EventsQuery): { filter: EventFilter; page: PageOptions } {
  const { order, cursor, limit, ...wanted } = query;
  return { filter: toFilter(wanted), page: defined({ order, cursor, limit }) };
}

/** The same of an export; `seqs` bounds a verifiable one. */
export function exportSelection(query: ExportQuery): {
  filter: EventFilter;
  format: OfferedFormat;
  seqs: Pick<ExportSelection, "fromSeq" | "toSeq">;
} {
  const { format, from_seq: fromSeq, to_seq: toSeq, ...wanted } = query;
  return { filter: toFilter(wanted), format, seqs: defined({ fromSeq, toSeq }) };
}

export function orphansSelection(query: OrphansQuery): { cursor?: string; limit?: number } {
  return defined(query);
}

/** Whose payloads are erased, in which tenants, and why. */
export function erasureSelection(body: ErasureBody) {
  const { reason, request_id, before, tenant, all_tenants, ...rest } = body;
  const selector = defined({
    ...rest,
    gateway_request_id: request_id,
    before: before === undefined ? undefined : new Date(before),
  });
  const tenants = tenant === undefined || Array.isArray(tenant) ? tenant : [tenant];
  return { selector, reason, tenants, allTenants: all_tenants ?? false };
}

/** By the names of the store. */
export function toFilter(wanted: {
  readonly [K in keyof typeof filterShape]?: string | undefined;
}): EventFilter {
  const { server, tool, request_id, tenant, ...rest } = wanted;
  return defined({
    ...rest,
    server_name: server,
    tool_name: tool,
    gateway_request_id: request_id,
    tenant_id: tenant,
  }) as EventFilter;
}

/** Without the members that are `undefined`. */
type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
