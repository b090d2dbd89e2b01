import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const reason = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .default("no reason given")
  .describe("Why; it goes on record");

export const drainBody = z
  .strictObject({
    timeout: durationSchema({ min: "0s", max: "1h" })
      .prefault("30s")
      .describe("How long calls that run may take; the rest is cut then"),
    reason,
  })
  .prefault({});
export const undrainBody = z.strictObject({ reason }).prefault({});

export type DrainRequest = z.output<typeof drainBody>;
export type UndrainRequest = z.output<typeof undrainBody>;
