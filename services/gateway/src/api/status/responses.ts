import { z } from "zod";
import { DRAIN_STATES } from "../../draining/drain-control.ts";

const count = z.number().int();

export const gatewayStatus = z
  .object({
    version: z.string(),
    replica: z.string().describe("Host and process id of the process that responds"),
    uptime_seconds: z.number(),
    state: z.enum(DRAIN_STATES),
    health: z.object({
      status: z.enum(["ok", "degraded", "down", "unknown"]),
      failing: z.record(z.string(), z.string()).describe("Every part that is not well, and how it is"),
    }),
    calls_running: count,
    streams_open: count,
    sessions: z.object({
      open: count.describe("Sessions that have an id"),
      activities: count.describe("Principals at servers without a session, within `sessions.idleTimeout`"),
      principals: count.describe("How many have any of both"),
      max: count.describe("`sessions.max`, of both together"),
      max_per_principal: count,
      idle_timeout_seconds: z.number(),
      max_duration_seconds: z.number(),
    }),
    limits: z.object({
      requests_per_caller: count,
      streams_per_caller: count,
      rate_limit_rules: count,
      shared: z
        .enum(["no", "up", "away"])
        .describe("Whether limits are those of all replicas together; `away`: not now, as it should be"),
    }),
    audit_store: z.object({
      available: z.boolean().describe("Whether it takes records"),
      waiting: count.describe("Records that wait to be committed"),
      queue_limit: count,
      spooled_bytes: z
        .number()
        .nullable()
        .describe("Kept on disk until it takes records; `null` without a spool"),
    }),
  })
  .meta({ id: "GatewayStatus" });
export type GatewayStatus = z.output<typeof gatewayStatus>;
