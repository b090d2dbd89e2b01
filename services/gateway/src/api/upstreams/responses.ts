import { z } from "zod";
import { SENSITIVITY_LEVELS } from "../../domain/authorization.ts";

const count = z.number().int();
const time = z.iso.datetime().nullable();

const pool = z.object({
  size: count.describe("Open connections, or running processes"),
  in_use: count,
  waiting: count.describe("Exchanges that wait for a free one"),
  limit: count,
});

export const upstream = z
  .object({
    name: z.string(),
    description: z.string(),
    kind: z.enum(["http", "stdio"]),
    sensitivity: z.enum(SENSITIVITY_LEVELS).describe("Unless a tool has another one"),
    status: z.enum(["ok", "degraded", "down", "unknown"]).describe("By its health check"),
    message: z.string().nullable().describe("Why it is not well; or what it says although it is"),
    last_checked: time,
    last_success: time,
    last_failure: time,
    consecutive_failures: count,
    pools: z
      .record(z.string(), pool)
      .describe("`calls` and `streams` of HTTP servers, `sessions` and `shared` of programs"),
    last_error: z
      .object({ code: z.string(), message: z.string(), at: z.iso.datetime() })
      .nullable()
      .describe("The newest exchange that failed since this replica started"),
    errors: count.describe("Exchanges that failed since then"),
    processes: z
      .object({
        started: count,
        crashed: count.describe("Ended by themselves"),
        last_exit: z
          .object({ code: count.nullable(), signal: z.string().nullable(), at: z.iso.datetime() })
          .nullable()
          .describe("Of the newest that ended by itself"),
      })
      .nullable()
      .describe("Of programs, since this replica started; `null` for HTTP servers"),
  })
  .meta({ id: "Upstream" });

export const upstreams = z.object({
  upstreams: z.array(upstream).describe("In the order of the configuration"),
});
export type UpstreamsShown = z.output<typeof upstreams>;
