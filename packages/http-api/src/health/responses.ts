import { z } from "zod";
import { documentedAs } from "../openapi/json-schema.ts";

const status = z.enum(["ok", "degraded", "down", "unknown"]);
/** Of the whole service: one whose parts are well and that drains takes no requests all the same. */
const shownStatus = z.enum([...status.options, "draining"]);
const time = z.iso.datetime().nullable();

export const liveness = z
  .object({ status: z.literal("ok"), version: z.string(), uptime_seconds: z.number() })
  .meta({ id: "Liveness" });

export const readiness = z.object({ status: shownStatus }).meta({ id: "Readiness" });

export const component = z
  .object({
    name: z.string(),
    component: z.string().describe("Its kind, e.g. `database`"),
    required: z.boolean().describe("Whether the service is not ready without it"),
    status,
    latency_ms: z.number().nullable(),
    last_checked: time,
    last_success: time,
    last_failure: time,
    last_failure_message: z.string().nullable(),
    consecutive_failures: z.number().int(),
    message: z.string().nullable(),
    details: documentedAs(z.custom<Readonly<Record<string, unknown>> | null>(), {
      type: ["object", "null"],
    }),
  })
  .meta({ id: "Component" });

export const detailedHealth = z
  .object({
    status: shownStatus,
    draining: z.boolean(),
    version: z.string(),
    uptime_seconds: z.number(),
    components: z.array(component),
  })
  .meta({ id: "DetailedHealth" });
