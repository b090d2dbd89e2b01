import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const count = z.number().int().positive();

/** Section `sessions`: how many sessions there may be, and for how long. */
export const sessionsSchema = z.strictObject({
  maxPerPrincipal: count
    .max(100_000)
    .default(1_000)
    .describe(
      "Sessions of one principal at all servers together. A further one ends the principal's longest unused one, or is refused with 429 where none is unused for `sessions.displaceAfter`.",
    ),
  max: count
    .max(1_000_000)
    .default(20_000)
    .describe("Sessions of this replica, of all principals. Further ones are refused with 429."),
  idleTimeout: durationSchema({ min: "100ms", max: "31d" })
    .prefault("30m")
    .describe("A session that is not used for this long ends: no request, no open stream."),
  maxDuration: durationSchema({ min: "100ms", max: "365d" })
    .prefault("24h")
    .describe("A session takes no request after this time, used or not; its client begins a new one."),
  displaceAfter: durationSchema({ min: "0s", max: "31d" })
    .prefault("1m")
    .describe("A session that is not used for this long gives way to a new one of its principal."),
});
