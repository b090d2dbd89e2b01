import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

/** Section `certificates`: when to tell of certificates that end. */
export const certificatesSchema = z.strictObject({
  warnBefore: durationSchema({ min: "1m", max: "365d" })
    .prefault("14d")
    .describe(
      "Health is degraded this long before a certificate or revocation list ends that the service uses, and in the last tenth of its time at most.",
    ),
});
