import { detailedHealth } from "@sark/http-api/health";
import { z } from "zod";

/** What `--json` prints, one object for each check: docs/health-check.md describes its members. */
export const healthReport = z.strictObject({
  status: detailedHealth.shape.status,
  exit_code: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  checked_at: z.iso.datetime(),
  gateway: z.string(),
  /** How long the exchange took, in milliseconds. */
  latency_ms: z.number(),
  version: z.string().nullable(),
  uptime_seconds: z.number().nullable(),
  message: z.string().nullable(),
  components: detailedHealth.shape.components,
});

export type HealthReport = z.output<typeof healthReport>;
export type ShownComponent = HealthReport["components"][number];
