import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { optionalReason } from "@sark/http-api/operations";

export const drainBody = z
  .strictObject({
    timeout: durationSchema({ min: "0s", max: "1h" })
      .prefault("30s")
      .describe("How long calls that run may take; the rest is cut then"),
    reason: optionalReason,
  })
  .prefault({});
export const undrainBody = z.strictObject({ reason: optionalReason }).prefault({});

export type DrainRequest = z.output<typeof drainBody>;
export type UndrainRequest = z.output<typeof undrainBody>;
