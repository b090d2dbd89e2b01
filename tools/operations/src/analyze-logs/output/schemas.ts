import { z } from "zod";

/** What the commands print as JSON. Members are added, never renamed. */
const time = z.iso.datetime().nullable();
const count = z.number().int();

export const logLine = z
  .looseObject({})
  .describe("The line as it is in the log; a line that is no JSON as `unreadable`");

const errorGroups = z.object({
  errors: count,
  kinds: count,
  truncated: z.boolean().describe("There were more kinds than are kept apart"),
  groups: z.array(
    z.object({
      component: z.string(),
      level: z.string(),
      kind: z.string(),
      count,
      first: time,
      last: time,
      example_request_id: z.string().nullable(),
    }),
  ),
});

/** With `--group` the groups, else lines. */
export const errorsOutput = z.union([errorGroups, logLine]);

const text = z.string().nullable();
export const slowRequests = z.object({
  threshold_ms: z.number(),
  found: count,
  requests: z.array(
    z.object({
      timestamp: time,
      duration_ms: z.number(),
      request_id: z.string(),
      component: text,
      server: text,
      tool: text,
      user: text,
      outcome: text,
      message: text,
    }),
  ),
});

const counts = z.record(z.string(), count).describe("The most frequent first");
export const logStats = z.object({
  lines: count,
  bytes: count,
  unreadable: count.describe("Lines that are no JSON"),
  first: time,
  last: time,
  levels: counts,
  components: counts,
  over_time: z.object({ seconds: count, counts: z.array(count) }),
});

const source = z.object({ steps: count, missing: text.describe("Why it could not be asked or read whole") });
export const timeline = z.object({
  request_id: z.string(),
  trace_ids: z.array(z.string()),
  sources: z.object({ log: source, audit: source, spans: source }),
  timeline: z.array(
    z.object({
      timestamp: time,
      source: z.enum(["log", "audit", "span"]),
      from: z.string(),
      what: z.string(),
      failed: z.boolean(),
      detail: z.unknown(),
    }),
  ),
});
